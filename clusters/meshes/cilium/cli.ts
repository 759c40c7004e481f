import type { MeshCli } from '../../mesh-cli/mesh-cli.ts'
import { byPlatform, github } from '../../mesh-cli/release.ts'
import { versions } from './versions.ts'

export const ciliumCli: MeshCli = {
  title: 'Cilium CLI',
  name: 'cilium',
  version: versions.cli,
  versionArgs: ['version', '--client'],
  answer: /^cilium-cli: (\S+)/m,
  release: {
    base: github('cilium/cilium-cli', versions.cli),
    file: (platform) => `cilium-${byPlatform(platform)}.tar.gz`,
    checksums: (file) => `${file}.sha256sum`,
    form: 'tar.gz',
  },
}

export const hubble: MeshCli = {
  title: 'Hubble',
  name: 'hubble',
  version: versions.hubble,
  versionArgs: ['version'],
  answer: /^hubble (v?\d[^@\s]*)/m,
  built: { with: 'cilium', version: versions.cilium },
  release: {
    base: github('cilium/hubble', versions.hubble),
    file: (platform) => `hubble-${byPlatform(platform)}.tar.gz`,
    checksums: (file) => `${file}.sha256sum`,
    form: 'tar.gz',
  },
}

export const helm: MeshCli = {
  title: 'Helm',
  name: 'helm',
  version: versions.helm,
  versionArgs: ['version', '--short'],
  answer: /^(v\d+\.\d+[^+\s]*)/m,
  built: { with: 'cilium', version: versions.helm },
  release: {
    base: 'https://get.helm.sh',
    file: (platform) => `helm-${versions.helm}-${byPlatform(platform)}.tar.gz`,
    checksums: (file) => `${file}.sha256sum`,
    form: 'tar.gz',
    member: (platform) => `${byPlatform(platform)}/helm`,
  },
}
