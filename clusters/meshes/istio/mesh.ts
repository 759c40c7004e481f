import type { ServiceMesh } from '../../mesh.ts'
import { meshCliAvailability } from '../../mesh-cli/availability.ts'
import { getMeshCli } from '../../mesh-cli/fetch.ts'
import type { Availability, ClusterTraits } from '../../provider.ts'
import { clusterImages } from '../images.ts'
import { enrolAmbient } from './ambient.ts'
import { istioctl } from './cli.ts'
import { enrolSidecars } from './enrol.ts'
import { IstioInstallation } from './installation.ts'
import { releaseFor } from './release.ts'
import {
  type AmbientSettings,
  ambientSettings,
  type IstioMode,
  type SidecarSettings,
  sidecarSettings,
} from './settings.ts'

/** Istio: an Envoy in every pod (sidecar), or ztunnel on every node and waypoints (ambient); mTLS between them. */
export const istio: ServiceMesh<SidecarSettings | AmbientSettings, IstioMode> = {
  modes: ['sidecar', 'ambient'],
  followsServices: true,
  settings: sidecarSettings,
  pods: ['kubernetes'],
  images: (mode) => releaseFor({ takesLocalImages: true }, mode).images,
  settingsOf: (mode) => (mode === 'ambient' ? ambientSettings : sidecarSettings),

  async available(on, mode = 'sidecar') {
    const images = await imagesFor(on, mode)
    if (!images.available) return images
    const tool = await meshCliAvailability(istioctl)
    return tool.available ? { available: true, detail: `${images.detail}; istioctl ${tool.detail}` } : tool
  },

  async prepare(report, on, mode = 'sidecar') {
    const images = await imagesFor(on, mode)
    if (!images.available) return { availability: images, versions: {} }
    const tool = await getMeshCli(istioctl, report)
    if (typeof tool !== 'string') {
      const versions = { istio: releaseFor(on, mode).tag, istioctl: tool.version }
      return { availability: { available: true, detail: `${images.detail}; istioctl ${tool.file}` }, versions }
    }
    const reason = `istioctl could not be fetched: ${tool}`
    const remedy = 'put `istioctl` on PATH, or build it: meshmark mesh-image istio'
    return { availability: { available: false, reason, remedy }, versions: {} }
  },

  install(cluster, mode) {
    const release = releaseFor(cluster.ref, mode)
    if (mode === 'ambient') return IstioInstallation.create(cluster, mode, release, enrolAmbient)
    return IstioInstallation.create(cluster, mode, release, enrolSidecars)
  },
}

async function imagesFor(on: ClusterTraits, mode: IstioMode): Promise<Availability> {
  if (on.pods !== 'kubernetes')
    return { available: false, reason: 'Istio needs Kubernetes', remedy: 'run it with --cluster kind' }
  const { images } = releaseFor(on, mode)
  const there = await clusterImages('istio', on, images, images)
  if (there.available || mode !== 'ambient') return there
  return {
    available: false,
    reason: `${there.reason}; ztunnel is written in Rust, is in no package registry, and cannot be built here`,
    remedy:
      'pull them with Docker where an image registry can be reached, or run it in a cluster that pulls: --cluster kubeconfig',
  }
}
