import { ClusterError } from '../errors.ts'
import type { Pod } from '../provider.ts'

/**
 * The URL of one of a pod's ports.
 *
 * @throws ClusterError CLUSTER_MESH_FAILED when the pod has no port of that name.
 */
export function podUrl(pod: Pod, port: string): URL {
  const number = pod.ports[port]
  if (number !== undefined) return new URL(`http://${pod.host}:${number}/`)
  const known = Object.keys(pod.ports).join(', ')
  throw new ClusterError(
    'CLUSTER_MESH_FAILED',
    `${pod.name} in ${pod.namespace} has no port '${port}'; it has ${known}`,
  )
}
