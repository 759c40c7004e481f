import { ClusterError } from '../../errors.ts'
import { imagesHere } from '../../images/mesh/availability.ts'
import { isKubernetes } from '../../kubernetes/cluster.ts'
import type { NetworkMesh, ServiceMesh } from '../../mesh.ts'
import { chartAvailability } from './chart.ts'
import { ciliumImages } from './image.ts'
import { CiliumInstallation } from './installation.ts'
import { type CiliumMode, ciliumModes, obstacleOf } from './modes.ts'
import { establishNetwork } from './network.ts'
import { type CiliumSettings, ciliumSettings } from './settings.ts'

const { version } = ciliumImages

/** Cilium, the pod network of a cluster made for it: eBPF in the kernel and a network policy, no proxy. Its control there is an arm of baseline: a namespace without policies. */
export const cilium: NetworkMesh<CiliumSettings, CiliumMode> & ServiceMesh<CiliumSettings, CiliumMode> = {
  modes: ciliumModes,
  followsServices: true,
  settings: ciliumSettings,
  pods: ['kubernetes'],

  async available({ provider, choosesPodNetwork, takesLocalImages }, mode = 'native') {
    // Its images are built here: nodes have to take them.
    if (!choosesPodNetwork || !takesLocalImages)
      return {
        available: false,
        reason: `cilium is a pod network, made together with its cluster, and no part of ${provider}`,
        remedy: 'run it with --cluster kind',
      }
    const obstacle = obstacleOf(mode)
    if (obstacle) return { available: false, ...obstacle }
    for (const found of [
      await imagesHere('cilium', Object.values(ciliumImages.images(version))),
      await chartAvailability(),
    ])
      if (!found.available) return found
    return { available: true, detail: `Cilium ${version}` }
  },

  async prepare(_report, on, mode) {
    return { availability: await this.available(on, mode), versions: { cilium: version } }
  },

  clusterSettings(mode) {
    const { agent, operator } = ciliumImages.images(version)
    return {
      disableDefaultCNI: true,
      daemonImages: [agent, operator],
      // The agent's image is large.
      readyTimeoutMs: 300_000,
      ...(mode === 'kube-proxy-free' ? { kubeProxyMode: 'none' } : {}),
    }
  },

  async establish(cluster, mode, report) {
    const there = await this.available(cluster.ref, mode)
    if (!there.available || !isKubernetes(cluster))
      throw new ClusterError(
        'CLUSTER_MESH_FAILED',
        there.available ? 'no API server' : `${there.reason}; ${there.remedy}`,
      )
    await establishNetwork(cluster, mode, report)
  },

  async install(cluster, mode) {
    const network = `cilium:${mode}`
    if (isKubernetes(cluster) && cluster.ref.network === network) return new CiliumInstallation(cluster, mode)
    throw new ClusterError(
      'CLUSTER_MESH_FAILED',
      `${network} cannot be installed: the cluster's pod network is ${cluster.ref.network ?? 'its own'}; make one for it ` +
        `with --cluster kind --mesh baseline,${network}`,
    )
  },
}
