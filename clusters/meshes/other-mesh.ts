import { ClusterError } from '../errors.ts'
import type { Cluster } from '../provider.ts'

/**
 * Refuses a namespace in which another mesh has its proxies.
 *
 * @throws ClusterError CLUSTER_MESH_FAILED naming them.
 */
export function refuseOtherMesh(cluster: Cluster, namespace: string): void {
  const proxies = cluster
    .pods(namespace)
    .flatMap(({ name, role, sidecars }) => (role === 'proxy' ? [name] : sidecars.map((one) => `${name}/${one}`)))
  if (proxies.length === 0) return
  throw new ClusterError('CLUSTER_MESH_FAILED', `${namespace} is in a mesh already: ${proxies.join(', ')} runs there`)
}
