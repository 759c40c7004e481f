import pWaitFor from 'p-wait-for'
import { ClusterError } from '../../errors.ts'
import type { Pod } from '../../provider.ts'

const limitMs = 30_000
const pauseMs = 50

/**
 * Waits until a client's sidecar knows where the server is; the agent knows it a moment before.
 *
 * @throws ClusterError CLUSTER_MESH_FAILED when it does not within 30 s.
 */
export async function untilRouted(client: Pod, service: string): Promise<void> {
  const healthy = new RegExp(`^cluster\\.${service}\\..*\\.membership_healthy: [1-9]`, 'm')
  const isRouted = async () => healthy.test((await client.get('admin', '/stats?filter=membership_healthy$')).body)
  const fallback = () => {
    throw new ClusterError(
      'CLUSTER_MESH_FAILED',
      `${client.name} in ${client.namespace} did not learn where ${service} is within ${limitMs / 1000} s`,
    )
  }
  await pWaitFor(isRouted, { interval: pauseMs, timeout: { milliseconds: limitMs, fallback } })
}
