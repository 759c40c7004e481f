import type { V1Pod } from '@kubernetes/client-node'
import pWaitFor from 'p-wait-for'
import { secondsSince } from '../elapsed.ts'
import { ClusterError } from '../errors.ts'
import { indented } from '../logs.ts'
import type { KubeClient } from './client.ts'
import { eventsOf } from './events.ts'
import { readLog } from './logs.ts'

const pauseMs = 300
const lastLines = 20

/**
 * Waits until every Deployment, DaemonSet and StatefulSet of a namespace (of those that `names` lists, when it is given) has
 * all its pods ready, and of a Deployment none but those of its present template.
 *
 * @throws ClusterError CLUSTER_NOT_READY with what is not ready, its events and the last lines of its pods' logs.
 */
export async function untilRolledOut(
  client: KubeClient,
  namespace: string,
  timeoutMs: number,
  names?: readonly string[],
): Promise<void> {
  const startedAt = performance.now()
  let missing = ['nothing is there yet']
  const isReady = async () => {
    missing = await unready(client, namespace, names)
    return missing.length === 0
  }
  const fallback = async () => {
    const after = secondsSince(startedAt)
    throw new ClusterError(
      'CLUSTER_NOT_READY',
      `not ready in ${namespace} after ${after}:\n${indented(missing)}\n${await stateOf(client, namespace)}`,
    )
  }
  await pWaitFor(isReady, { interval: pauseMs, timeout: { milliseconds: timeoutMs, fallback } })
}

/** What of the same is not ready, a line each. */
export async function unready(client: KubeClient, namespace: string, names?: readonly string[]): Promise<string[]> {
  const [deployments, daemons, stateful] = await Promise.all([
    client.apps.listNamespacedDeployment({ namespace }),
    client.apps.listNamespacedDaemonSet({ namespace }),
    client.apps.listNamespacedStatefulSet({ namespace }),
  ])
  const states = [
    ...deployments.items.map(({ metadata, spec, status }) => ({
      name: metadata?.name ?? '',
      // Pods of the template before are among the replicas until they are to end.
      wanted: Math.max(spec?.replicas ?? 1, status?.replicas ?? 0),
      ready:
        (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0)
          ? Math.min(status?.availableReplicas ?? 0, status?.updatedReplicas ?? 0)
          : 0,
    })),
    ...daemons.items.map(({ metadata, status }) => ({
      name: metadata?.name ?? '',
      wanted: status?.desiredNumberScheduled || 1,
      ready: (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0) ? (status?.numberAvailable ?? 0) : 0,
    })),
    ...stateful.items.map(({ metadata, spec, status }) => ({
      name: metadata?.name ?? '',
      wanted: spec?.replicas ?? 1,
      ready: status?.readyReplicas ?? 0,
    })),
  ].filter(({ name }) => names === undefined || names.includes(name))
  const absent = (names ?? []).filter((name) => !states.some((one) => one.name === name))
  return [
    ...absent.map((name) => `${name}: is not there`),
    ...states
      .filter(({ ready, wanted }) => ready < wanted)
      .map((one) => `${one.name}: ${one.ready} of ${one.wanted} pods ready`),
  ]
}

/** What is known of the pods that are not ready. */
async function stateOf(client: KubeClient, namespace: string): Promise<string> {
  const { items } = await client.core.listNamespacedPod({ namespace })
  const waiting = items.filter(
    ({ status }) => !status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
  )
  const logs = await Promise.all(waiting.map((pod) => lastOf(client, namespace, pod)))
  const events = await eventsOf(client, namespace).catch(() => [])
  return `  events:\n${indented(events.slice(-10))}\n  last output:\n${indented(logs.flat().slice(-lastLines))}`
}

async function lastOf(client: KubeClient, namespace: string, { metadata, spec }: V1Pod): Promise<string[]> {
  const pod = metadata?.name ?? ''
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]
  const read = containers.map(async ({ name: container }) => {
    const text = await readLog(client, { namespace, pod, container }, { tailLines: lastLines }).catch(() => '')
    return text === '' ? [] : [`${pod}/${container}:`, ...text.trimEnd().split('\n')]
  })
  return (await Promise.all(read)).flat()
}
