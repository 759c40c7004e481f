import type { V1Namespace } from '@kubernetes/client-node'
import pWaitFor from 'p-wait-for'
import { ClusterError } from '../errors.ts'
import type { KubeClient } from './client.ts'
import { apiErrorText, retrying, statusOf } from './failure.ts'
import { fieldManager, type Labels, labelKeys, runSelector } from './labels.ts'

const deleteLimitMs = 90_000

/**
 * Makes a namespace that carries `labels`, and returns it. One that the same run has made already will do: null is returned then.
 *
 * @throws ClusterError CLUSTER_DEPLOY_FAILED when it is there and not this run's, or may not be made.
 */
export async function createNamespace(client: KubeClient, name: string, labels: Labels): Promise<V1Namespace | null> {
  try {
    return await retrying(() => client.core.createNamespace({ body: { metadata: { name, labels } }, fieldManager }))
  } catch (cause) {
    if (statusOf(cause) !== 409) {
      throw new ClusterError('CLUSTER_DEPLOY_FAILED', `namespace ${name} could not be made: ${apiErrorText(cause)}`, {
        cause,
      })
    }
  }
  const { metadata, status } = await client.core.readNamespace({ name })
  const run = metadata?.labels?.[labelKeys.run]
  if (run === labels[labelKeys.run] && status?.phase !== 'Terminating') return null
  const whose = run === undefined ? 'it is not ours' : `it is of run ${run}`
  const state = status?.phase === 'Terminating' ? ', and is just being deleted' : ''
  throw new ClusterError(
    'CLUSTER_DEPLOY_FAILED',
    `namespace ${name} exists, and ${whose}${state}: nothing was put into it; choose another name or delete it`,
  )
}

/** The namespaces of one run. */
export async function namespacesOf(client: KubeClient, runId: string): Promise<V1Namespace[]> {
  return (await client.core.listNamespace({ labelSelector: runSelector(runId) })).items
}

/**
 * Deletes a namespace with all that is in it, and waits until it is gone.
 *
 * @throws ClusterError CLUSTER_NOT_REMOVED when it is still there after the limit; the message says what holds it.
 */
export async function deleteNamespace(client: KubeClient, name: string, limitMs = deleteLimitMs): Promise<void> {
  let last: V1Namespace | undefined
  const isGone = async () => {
    last = await orUndefined(() => client.core.readNamespace({ name }), 404)
    return last === undefined
  }
  const fallback = () => {
    throw new ClusterError(
      'CLUSTER_NOT_REMOVED',
      `namespace ${name} was not gone after ${limitMs / 1000} s\n${blockers(last).join('\n')}\n` +
        `  look at it: kubectl get namespace ${name} -o yaml`,
    )
  }
  // 409: somebody else has begun to delete it.
  await orUndefined(() => client.core.deleteNamespace({ name }), 404, 409)
  // The server looks again only when half the time is over that the pods have to end by themselves, and a mesh's have 30 s: nobody
  // needs their answers any more. Who may not shorten it waits.
  await client.core.deleteCollectionNamespacedPod({ namespace: name, gracePeriodSeconds: 1 }).catch(() => {})
  await pWaitFor(isGone, { interval: 200, timeout: { milliseconds: limitMs, fallback } })
}

/** What a call returns; undefined when the server refuses it with one of these statuses. */
async function orUndefined<T>(call: () => Promise<T>, ...statuses: number[]): Promise<T | undefined> {
  return retrying(call).catch((error) => {
    if (statuses.includes(statusOf(error) ?? 0)) return undefined
    throw error
  })
}

/** What keeps a namespace from going: what is left in it, and who has still to agree. */
function blockers({ spec, status }: V1Namespace = {}): string[] {
  const conditions = (status?.conditions ?? [])
    .filter(({ status }) => status === 'True')
    .map(({ type, message }) => `  ${type}: ${message}`)
  const finalizers = spec?.finalizers ?? []
  return [...conditions, ...(finalizers.length > 0 ? [`  finalizers: ${finalizers.join(', ')}`] : [])]
}
