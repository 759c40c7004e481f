import { versions } from '../images/mesh/versions.ts'
import type { Platform, Tool } from './tool.ts'

const github = (project: string, version: string) => `https://github.com/${project}/releases/download/${version}`
const byPlatform = ({ os, architecture }: Platform) => `${os}-${architecture}`

const istioctl: Tool = {
  title: 'istioctl',
  name: 'istioctl',
  version: versions.istio,
  versionArgs: ['version', '--remote=false'],
  answer: /^client version: (\S+)/m,
  built: { with: 'istio', version: versions.istio },
  release: {
    base: github('istio/istio', versions.istio),
    file: ({ os, architecture }) => `istioctl-${versions.istio}-${os === 'darwin' ? 'osx' : os}-${architecture}.tar.gz`,
    checksums: (file) => `${file}.sha256`,
    form: 'tar.gz',
  },
}

const linkerd: Tool = {
  title: 'Linkerd CLI',
  name: 'linkerd',
  version: versions.linkerd,
  versionArgs: ['version', '--client'],
  answer: /^Client version: (\S+)/m,
  release: {
    base: github('linkerd/linkerd2', versions.linkerd),
    // The one name without an architecture.
    file: ({ os, architecture }) =>
      `linkerd2-cli-${versions.linkerd}-${os === 'darwin' && architecture === 'amd64' ? os : `${os}-${architecture}`}`,
    checksums: (file) => `${file}.sha256`,
    form: 'program',
  },
}

const cilium: Tool = {
  title: 'Cilium CLI',
  name: 'cilium',
  version: versions.ciliumCli,
  versionArgs: ['version', '--client'],
  answer: /^cilium-cli: (\S+)/m,
  release: {
    base: github('cilium/cilium-cli', versions.ciliumCli),
    file: (platform) => `cilium-${byPlatform(platform)}.tar.gz`,
    checksums: (file) => `${file}.sha256sum`,
    form: 'tar.gz',
  },
}

const hubble: Tool = {
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

const helm: Tool = {
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

const consul: Tool = {
  title: 'Consul',
  name: 'consul',
  version: versions.consul,
  versionArgs: ['version'],
  answer: /^Consul v(\S+)/m,
  built: { with: 'consul', version: versions.consul },
  release: {
    base: `https://releases.hashicorp.com/consul/${versions.consul}`,
    file: ({ os, architecture }) => `consul_${versions.consul}_${os}_${architecture}.zip`,
    checksums: () => `consul_${versions.consul}_SHA256SUMS`,
    form: 'zip',
  },
}

export const tools = { istioctl, linkerd, cilium, helm, hubble, consul } satisfies Record<string, Tool>
export type ToolName = keyof typeof tools
