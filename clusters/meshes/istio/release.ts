import type { ClusterTraits } from '../../provider.ts'
import { istioImages } from './image.ts'
import type { IstioMode } from './settings.ts'
import { istioVersion } from './versions.ts'

export const hub = 'docker.io/istio'

/** The images that an installation is made of. */
export interface IstioRelease {
  tag: string
  images: readonly string[]
  /** The proxy is one without Istio's own filters. */
  plainEnvoy: boolean
}

const ambientParts = ['pilot', 'proxyv2', 'ztunnel', 'install-cni']

/** Nodes that take images of this machine get what was built here, as far as that goes; others pull what Istio publishes. */
export function releaseFor(
  { takesLocalImages }: Pick<ClusterTraits, 'takesLocalImages'>,
  mode: IstioMode,
): IstioRelease {
  if (takesLocalImages && mode === 'sidecar') {
    const { pilot, proxy } = istioImages.images(istioVersion)
    return { tag: pilot.split(':').at(-1) ?? '', images: [pilot, proxy], plainEnvoy: true }
  }
  const parts = mode === 'ambient' ? ambientParts : ambientParts.slice(0, 2)
  return {
    tag: istioVersion,
    images: parts.map((part) => `istio/${part}:${istioVersion}`),
    plainEnvoy: false,
  }
}
