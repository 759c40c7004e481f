import type { V1Namespace } from '@kubernetes/client-node'
import { ClusterError } from '../errors.ts'
import type { ClusterRef } from '../provider.ts'
import type { KubeClient } from './client.ts'
import { retrying } from './failure.ts'
import { fieldManager, isOrphan, type Labels, labelKeys, ownerIn, runLabels } from './labels.ts'

/**
 * Refuses a cluster in which somebody else's run is at work: each would measure the other. Of two that begin at once, `own`, a namespace of
 * the run that asks, tells the later one. What dead runs of this machine left is no run.
 *
 * @throws ClusterError CLUSTER_BUSY
 */
export async function refuseOtherRuns(
  client: KubeClient,
  ref: Pick<ClusterRef, 'runId' | 'owner'>,
  own?: V1Namespace,
): Promise<void> {
  const labelSelector = `${labelKeys.manager}=${fieldManager},${labelKeys.run}`
  const { items } = await retrying(() => client.core.listNamespace({ labelSelector }))
  const ours = runLabels(ref)
  const others = items.filter(({ metadata, status }) => {
    const { labels = {} } = metadata ?? {}
    const same = [labelKeys.owner, labelKeys.machine].every((key) => labels[key] === ours[key])
    return !same && !isOrphan(labels) && status?.phase !== 'Terminating' && !isLater(metadata, own?.metadata)
  })
  const [first] = others
  if (!first) return
  const labels = first.metadata?.labels ?? {}
  const run = labels[labelKeys.run]
  const names = others.filter((one) => one.metadata?.labels?.[labelKeys.run] === run).map((one) => one.metadata?.name)
  throw new ClusterError(
    'CLUSTER_BUSY',
    `run ${run} is at work in the cluster of context ${client.config.getCurrentContext()}, in ${names.join(', ')}: each of two runs ` +
      `would measure the other. ${remedy(labels)}`,
  )
}

function isLater(other: V1Namespace['metadata'], own: V1Namespace['metadata']): boolean {
  return (
    other?.creationTimestamp !== undefined &&
    own?.creationTimestamp !== undefined &&
    other.creationTimestamp > own.creationTimestamp
  )
}

function remedy(labels: Labels): string {
  const owner = ownerIn(labels)
  if (owner) return `Wait for the end of process ${owner.pid}`
  const selector = `${labelKeys.run}=${labels[labelKeys.run]}`
  return `It is of another machine: wait for its end, or, if it has died, kubectl delete namespace --selector ${selector}`
}
