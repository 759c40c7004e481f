import type { MeshCli } from '../../mesh-cli/mesh-cli.ts'
import { consulVersion } from './versions.ts'

export const consulCli: MeshCli = {
  title: 'Consul',
  name: 'consul',
  version: consulVersion,
  versionArgs: ['version'],
  answer: /^Consul v(\S+)/m,
  built: { with: 'consul', version: consulVersion },
  release: {
    base: `https://releases.hashicorp.com/consul/${consulVersion}`,
    file: ({ os, architecture }) => `consul_${consulVersion}_${os}_${architecture}.zip`,
    checksums: () => `consul_${consulVersion}_SHA256SUMS`,
    form: 'zip',
  },
}
