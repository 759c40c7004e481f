import { ClusterError } from '../errors.ts'
import type { Cluster, Pod } from '../provider.ts'

/**
 * The URL that one of a pod's ports answers HTTP on.
 *
 * @throws ClusterError CLUSTER_MESH_FAILED when the pod has no port of that name.
 */
export function urlOf(pod: Pod, port: string): URL {
  const number = pod.ports[port]
  if (number !== undefined) return new URL(`http://${pod.host}:${number}/`)
  const known = Object.keys(pod.ports).join(', ')
  throw new ClusterError(
    'CLUSTER_MESH_FAILED',
    `${pod.name} in ${pod.namespace} has no port '${port}'; it has ${known}`,
  )
}

/**
 * Refuses a namespace in which another mesh has its proxies.
 *
 * @throws ClusterError CLUSTER_MESH_FAILED naming them.
 */
export function refuseTaken(cluster: Cluster, namespace: string): void {
  const proxies = cluster
    .pods(namespace)
    .flatMap(({ name, role, sidecars }) => (role === 'proxy' ? [name] : sidecars.map((one) => `${name}/${one}`)))
  if (proxies.length === 0) return
  throw new ClusterError('CLUSTER_MESH_FAILED', `${namespace} is in a mesh already: ${proxies.join(', ')} runs there`)
}
