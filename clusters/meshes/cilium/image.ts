import { access, cp } from 'node:fs/promises'
import { join } from 'node:path'
import { cachePath } from '../../cache.ts'
import type { Step } from '../../images/build/steps.ts'
import { cacheMeshCliStep } from '../../images/mesh/cache-cli.ts'
import { hostProgramsStage } from '../../images/mesh/host-programs.ts'
import { type ImageParts, imageStep } from '../../images/mesh/image.ts'
import type { MeshBuild, MeshRecipe, Plan } from '../../images/mesh/recipe.ts'
import { releaseProblem } from '../../images/mesh/recipe.ts'
import { compileStage, sourceStage } from '../../images/mesh/source.ts'
import { placeFolder } from '../../place-folder.ts'
import { helm as helmCli, hubble } from './cli.ts'
import { ciliumSource, helmSource } from './source.ts'
import { versions } from './versions.ts'

/**
 * Cilium's agent, operator and Hubble relay, its chart, and what installs and looks at it: Helm and Hubble.
 *
 * An installation of these images sets `useDigest: false`, `pullPolicy: Never` and `envoy.enabled: false` with
 * `l7Proxy: false` (Cilium's Envoy is not built, so there is no L7 policy). Where root lacks a capability, also
 * `securityContext.privileged: true`: the chart's list names capabilities such a host cannot grant.
 */
export const ciliumImages = {
  version: versions.cilium,
  versionProblem: (version) => releaseProblem(version, versions.cilium),
  images: (version: string) => ({
    agent: `quay.io/cilium/cilium:${version}-source`,
    operator: `quay.io/cilium/operator-generic:${version}-source`,
    relay: `quay.io/cilium/hubble-relay:${version}-source`,
  }),
  programs: ['go', 'clang-19', 'ipset', 'ip', 'tc'],
  plan,
} satisfies MeshRecipe

/** Where Cilium's Helm chart is kept once its images have been built. */
export function chartPath(version: string = versions.cilium, env: NodeJS.ProcessEnv = process.env): string {
  return cachePath(['charts', 'cilium', version], env)
}

function plan(build: MeshBuild): Plan {
  const { version } = build
  const source = ciliumSource(version)
  const images = ciliumImages.images(version)
  const programs = compileStage(`Cilium ${version}`, source, build)
  const helm = compileStage(`Helm ${versions.helm}`, helmSource, build)
  // The agent compiles its programs for the kernel when it starts.
  const compiler = hostProgramsStage({ 'clang-19': 'clang', ipset: 'ipset', ip: 'ip', tc: 'tc' }, build)
  const files = sourceStage(
    "Cilium's chart and sources for the kernel",
    source,
    {
      chart: 'install/kubernetes/cilium',
      bpf: 'bpf',
      'init-container.sh': 'images/cilium/init-container.sh',
      'install-plugin.sh': 'plugins/cilium-cni/install-plugin.sh',
      'cni-uninstall.sh': 'plugins/cilium-cni/cni-uninstall.sh',
    },
    build,
  )
  const agent: ImageParts = {
    files: {
      '/var/lib/cilium/bpf': files.path('bpf'),
      ...Object.fromEntries(scripts.map((name) => [`/${name}`, files.path(name)])),
      '/usr/bin/': `${compiler.path('bin')}/.`,
      '/usr/local/lib/': `${compiler.path('lib')}/.`,
      '/opt/cni/bin/cilium-cni': programs.path('cilium-cni'),
      ...Object.fromEntries(agentPrograms.map((name) => [`/usr/bin/${name}`, programs.path(name)])),
    },
    ingredients: source,
    command: ['/usr/bin/cilium-dbg'],
    environment: { INITSYSTEM: 'SYSTEMD', HUBBLE_SERVER: 'unix:///var/run/cilium/hubble.sock' },
    finish: 'chmod 755 /*.sh; ldconfig; clang --version; ip -V; tc -V; ipset --version; cilium-agent --version',
  }
  const operator: ImageParts = {
    files: { '/usr/bin/cilium-operator-generic': programs.path('cilium-operator-generic') },
    ingredients: source,
    command: ['/usr/bin/cilium-operator-generic'],
    finish: 'cilium-operator-generic --version',
  }
  const relay: ImageParts = {
    files: { '/usr/bin/hubble-relay': programs.path('hubble-relay') },
    ingredients: source,
    entrypoint: ['/usr/bin/hubble-relay'],
    command: ['serve'],
    finish: 'hubble-relay version',
  }
  return {
    before: [programs.step, helm.step, files.step, compiler.step],
    results: [
      imageStep(images.agent, agent, build),
      imageStep(images.operator, operator, build),
      imageStep(images.relay, relay, build),
      cacheMeshCliStep(hubble, version, programs.path('hubble'), source),
      cacheMeshCliStep(helmCli, versions.helm, helm.path('helm'), helmSource),
      keepChartStep(version, files.path('chart')),
    ],
  }
}

const scripts = ['init-container.sh', 'install-plugin.sh', 'cni-uninstall.sh']
const agentPrograms = [
  ...['cilium-agent', 'cilium-dbg', 'cilium-health', 'cilium-health-responder'],
  ...['cilium-mount', 'cilium-sysctlfix', 'hubble'],
]

function keepChartStep(version: string, chart: string): Step {
  const target = chartPath(version)
  return {
    name: `keep Cilium's chart ${version}`,
    done: () =>
      access(join(target, 'Chart.yaml')).then(
        () => true,
        () => false,
      ),
    run: () => placeFolder(target, (folder) => cp(chart, folder, { recursive: true })),
  }
}
