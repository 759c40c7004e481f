import type { MeshCli } from '../../mesh-cli/mesh-cli.ts'
import { github } from '../../mesh-cli/release.ts'
import { linkerdVersion } from './versions.ts'

export const linkerdCli: MeshCli = {
  title: 'Linkerd CLI',
  name: 'linkerd',
  version: linkerdVersion,
  versionArgs: ['version', '--client'],
  answer: /^Client version: (\S+)/m,
  release: {
    base: github('linkerd/linkerd2', linkerdVersion),
    // The one name without an architecture.
    file: ({ os, architecture }) =>
      `linkerd2-cli-${linkerdVersion}-${os === 'darwin' && architecture === 'amd64' ? os : `${os}-${architecture}`}`,
    checksums: (file) => `${file}.sha256`,
    form: 'program',
  },
}
