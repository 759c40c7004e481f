import { ClusterError } from '../../errors.ts'
import { imagesHere } from '../../images/mesh/availability.ts'
import { isKubernetes } from '../../kubernetes/cluster.ts'
import type { Mesh } from '../../mesh.ts'
import { meshCliAvailability } from '../../mesh-cli/availability.ts'
import { getMeshCli } from '../../mesh-cli/fetch.ts'
import { findMeshCli } from '../../mesh-cli/find.ts'
import type { Availability, ClusterTraits } from '../../provider.ts'
import { findEnvoy, pinnedVersion } from '../envoy/binary.ts'
import { envoy } from '../envoy/mesh.ts'
import { consulCli } from './cli.ts'
import { consulImages } from './image.ts'
import { ConsulProcesses } from './processes.ts'
import { type ConsulSettings, consulSettings } from './settings.ts'
import { ConsulSidecars } from './sidecars.ts'
import { consulVersion } from './versions.ts'

const remedy = 'build it: meshmark mesh-image consul; or put `consul` on PATH'

/** Consul's service mesh: an agent, and an Envoy beside client and server, mTLS and an intention between them. */
export const consul: Mesh<ConsulSettings> = {
  modes: ['sidecar'],
  settings: consulSettings,
  pods: ['kubernetes', 'processes'],
  images: () => Object.values(consulImages.images(consulVersion)),

  async available(on) {
    if (on.pods === 'kubernetes') return onKubernetes(on)
    const parts = [await meshCliAvailability(consulCli), await envoy.available(on)]
    const missing = parts.filter((one) => !one.available)
    // Only with all of them there is Consul.
    const [first] = missing.toSorted((a, b) => Number(a.fetched !== undefined) - Number(b.fetched !== undefined))
    return first ?? { available: true, detail: parts.map((one) => ('detail' in one ? one.detail : '')).join('; ') }
  },

  async prepare(report, on) {
    if (on.pods === 'kubernetes') {
      const availability = await onKubernetes(on)
      return { availability, versions: { consul: consulVersion, envoy: pinnedVersion } }
    }
    const found = await getMeshCli(consulCli, report)
    if (typeof found === 'string') {
      const reason = `Consul could not be fetched: ${found}`
      return { availability: { available: false, reason, remedy }, versions: {} }
    }
    const proxy = await envoy.prepare(report, on)
    if (!proxy.availability.available) return proxy
    const detail = `Consul ${found.version} (${found.file}); ${proxy.availability.detail}`
    return { availability: { available: true, detail }, versions: { consul: found.version, ...proxy.versions } }
  },

  async install(cluster) {
    if (cluster.ref.pods === 'processes') {
      const [{ found: agent }, { found: proxy }] = await Promise.all([findMeshCli(consulCli), findEnvoy()])
      if (agent && proxy) return ConsulProcesses.create(cluster, { consul: agent, envoy: proxy })
      const missing = agent ? 'Envoy' : 'Consul'
      throw new ClusterError('CLUSTER_MESH_FAILED', `no ${missing} is here: call prepare() first, or ${remedy}`)
    }
    const availability = await onKubernetes(cluster.ref)
    if (!availability.available || !isKubernetes(cluster)) {
      const why = availability.available ? 'it has no API server' : availability.reason
      throw new ClusterError('CLUSTER_MESH_FAILED', `Consul cannot be installed on ${cluster.ref.provider}: ${why}`)
    }
    const { consul: image } = consulImages.images(consulVersion)
    await cluster.bringImages?.([image])
    return ConsulSidecars.create(cluster, image)
  },
}

async function onKubernetes({ provider, takesLocalImages }: ClusterTraits): Promise<Availability> {
  if (takesLocalImages) return imagesHere('consul', Object.values(consulImages.images(consulVersion)))
  return {
    available: false,
    reason: `no registry has the image with Consul and Envoy in it, and it cannot be brought to nodes of ${provider}`,
    remedy: 'run it with --cluster kind or --cluster local',
  }
}
