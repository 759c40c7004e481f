import { istioImages } from './image.ts'
import { istioVersion } from './versions.ts'

export const hub = 'docker.io/istio'

/** The images that an installation is made of. */
export interface Release {
  tag: string
  images: readonly string[]
  /** The proxy is one without Istio's own filters. */
  plainEnvoy: boolean
}

const ambientParts = ['pilot', 'proxyv2', 'ztunnel', 'install-cni']

/** kind gets what was built on this machine, as far as that goes; other clusters pull what Istio publishes. */
export function releaseFor(provider: string, mode: string): Release {
  if (provider === 'kind' && mode === 'sidecar') {
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
