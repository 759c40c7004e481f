import pWaitFor from 'p-wait-for'
import { secondsSince } from '../elapsed.ts'
import { ClusterError } from '../errors.ts'
import type { KubeClient } from './client.ts'
import { eventsOf } from './events.ts'
import { apiErrorText } from './failure.ts'

const pauseMs = 200

/**
 * Waits until every node is ready and names are resolved.
 *
 * @throws ClusterError CLUSTER_NOT_READY naming what each node that is not ready waits for.
 */
export async function untilClusterReady(client: KubeClient, timeoutMs: number): Promise<void> {
  const startedAt = performance.now()
  let waitsFor = ['the API server has not answered']
  const isReady = async () => {
    waitsFor = await notReady(client).catch((error) => [apiErrorText(error)])
    return waitsFor.length === 0
  }
  const fallback = async () => {
    const after = secondsSince(startedAt)
    const events = await eventsOf(client, 'kube-system').catch(() => [])
    const details = [...waitsFor, ...events.slice(-10)].map((line) => `  ${line}`)
    throw new ClusterError('CLUSTER_NOT_READY', `the cluster was not ready after ${after}:\n${details.join('\n')}`)
  }
  await pWaitFor(isReady, { interval: pauseMs, timeout: { milliseconds: timeoutMs, fallback } })
}

/** The nodes that are not ready and why, and cluster DNS when it is not. */
async function notReady(client: KubeClient): Promise<string[]> {
  const [nodes, dns] = await Promise.all([
    client.core.listNode(),
    client.discovery.listNamespacedEndpointSlice({
      namespace: 'kube-system',
      labelSelector: 'kubernetes.io/service-name=kube-dns',
    }),
  ])
  const unready = nodes.items.flatMap(({ metadata, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')
    return ready?.status === 'True' ? [] : [`node ${metadata?.name}: ${ready?.message ?? 'has not reported yet'}`]
  })
  const resolves = dns.items.some(({ endpoints }) => endpoints?.some(({ conditions }) => conditions?.ready))
  return [...unready, ...(resolves ? [] : ['cluster DNS: no pod of it is ready'])]
}
