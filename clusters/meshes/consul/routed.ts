import { setTimeout as sleep } from 'node:timers/promises'
import { ClusterError } from '../../errors.ts'
import type { Pod } from '../../provider.ts'

const limitMs = 30_000
const pauseMs = 50

/**
 * Waits until a client's sidecar knows where the server is, which it is told a moment after the agent does.
 *
 * @throws ClusterError CLUSTER_MESH_FAILED
 */
export async function untilRouted(client: Pod, service: string): Promise<void> {
  const startedAt = performance.now()
  const known = new RegExp(`^cluster\\.${service}\\..*\\.membership_healthy: [1-9]`, 'm')
  while (performance.now() - startedAt < limitMs) {
    const { body } = await client.get('admin', '/stats?filter=membership_healthy$')
    if (known.test(body)) return
    await sleep(pauseMs)
  }
  throw new ClusterError(
    'CLUSTER_MESH_FAILED',
    `${client.name} in ${client.namespace} has not been told where ${service} is within ${limitMs / 1000} s`,
  )
}
