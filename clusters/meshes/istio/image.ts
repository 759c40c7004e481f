import type { GoSource } from '../../images/build/go.ts'
import { cacheMeshCliStep } from '../../images/mesh/cache-cli.ts'
import { imageStep } from '../../images/mesh/image.ts'
import type { MeshBuild, MeshRecipe, Plan } from '../../images/mesh/recipe.ts'
import { releaseProblem } from '../../images/mesh/recipe.ts'
import { compileStage, sourceStage } from '../../images/mesh/source.ts'
import { pinnedVersion } from '../envoy/binary.ts'
import { envoyFile, envoyStep } from '../envoy/image-binary.ts'
import { istioctl } from './cli.ts'
import { istioCommit, istioReplacements, istioVersion } from './versions.ts'

/** Not the official ones, and not to be taken for them: their proxy is a plain Envoy. */
const tagOf = (version: string) => `${version}-source`

/**
 * Istio's control plane, its proxy and istioctl. Istio's own Envoy is not to be had outside its images, so the proxy's is
 * a plain one, without Istio's filters. An installation has to turn them off: `values.telemetry.enabled=false`,
 * `values.pilot.env.PILOT_ENABLE_ALPN_FILTER=false` and `values.pilot.env.PILOT_ENABLE_METADATA_EXCHANGE=false`. The
 * istioctl built here installs these images where no others are named.
 */
export const istioImages = {
  version: istioVersion,
  versionProblem: (version) => releaseProblem(version, istioVersion),
  images: (version: string) => ({
    pilot: `istio/pilot:${tagOf(version)}`,
    proxy: `istio/proxyv2:${tagOf(version)}`,
  }),
  programs: ['go', 'python3'],
  plan,
} satisfies MeshRecipe

function plan(build: MeshBuild): Plan {
  const { version, signal } = build
  const source = sourceOf(version)
  const images = istioImages.images(version)
  const programs = compileStage(`Istio ${version}`, source, build)
  const bootstrap = sourceStage(
    "Istio's bootstrap of Envoy",
    source,
    { 'envoy_bootstrap_tmpl.json': 'tools/packaging/common/envoy_bootstrap.json' },
    build,
  )
  const bin = '/usr/local/bin'
  const pilot = {
    files: { [`${bin}/pilot-discovery`]: programs.path('pilot-discovery') },
    ingredients: source,
    entrypoint: [`${bin}/pilot-discovery`],
    user: '1337:1337',
    finish: 'pilot-discovery version --short',
  }
  const proxy = {
    files: {
      [`${bin}/envoy`]: envoyFile(),
      [`${bin}/pilot-agent`]: programs.path('pilot-agent'),
      '/var/lib/istio/envoy/envoy_bootstrap_tmpl.json': bootstrap.path('envoy_bootstrap_tmpl.json'),
    },
    ingredients: [source, pinnedVersion],
    entrypoint: [`${bin}/pilot-agent`],
    // The agent reports them to the control plane as the proxy's.
    environment: { ISTIO_META_ISTIO_PROXY_SHA: 'plain-envoy', ISTIO_META_ISTIO_VERSION: version },
    finish: 'pilot-agent version --short; envoy --version',
  }
  return {
    before: [programs.step, bootstrap.step, envoyStep(signal)],
    results: [
      imageStep(images.pilot, pilot, build),
      imageStep(images.proxy, proxy, build),
      cacheMeshCliStep(istioctl, version, programs.path('istioctl'), source),
    ],
  }
}

function sourceOf(version: string): GoSource {
  const isPinned = version === istioVersion
  const stamps = { buildVersion: tagOf(version), buildTag: tagOf(version), buildHub: 'docker.io/istio' }
  return {
    module: 'istio.io/istio',
    version: isPinned ? istioCommit : version,
    replaced: isPinned ? istioReplacements : {},
    programs: {
      'pilot-discovery': 'istio.io/istio/pilot/cmd/pilot-discovery',
      'pilot-agent': 'istio.io/istio/pilot/cmd/pilot-agent',
      istioctl: 'istio.io/istio/istioctl/cmd/istioctl',
    },
    stamps: Object.fromEntries(
      Object.entries(stamps).map(([name, value]) => [`istio.io/istio/pkg/version.${name}`, value]),
    ),
  }
}
