import type { MeshCli } from '../../mesh-cli/mesh-cli.ts'
import { github } from '../../mesh-cli/release.ts'
import { istioVersion } from './versions.ts'

export const istioctl: MeshCli = {
  title: 'istioctl',
  name: 'istioctl',
  version: istioVersion,
  versionArgs: ['version', '--remote=false'],
  answer: /^client version: (\S+)/m,
  built: { with: 'istio', version: istioVersion },
  release: {
    base: github('istio/istio', istioVersion),
    file: ({ os, architecture }) => `istioctl-${istioVersion}-${os === 'darwin' ? 'osx' : os}-${architecture}.tar.gz`,
    checksums: (file) => `${file}.sha256`,
    form: 'tar.gz',
  },
}
