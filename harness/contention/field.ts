import { join } from 'node:path'
import { isKubernetes } from '../../clusters/kubernetes/cluster.ts'
import { CpuGroups } from '../../clusters/local/cpu-groups.ts'
import type { Cluster, Pod } from '../../clusters/provider.ts'
import type { Applied } from '../../ebpf/scheduler/applier/applier.ts'
import { Scheduler } from '../../ebpf/scheduler/strategies/scheduler.ts'
import { livePods } from '../attribution/pod-source.ts'
import type { ReadyArm } from '../experiment/arms.ts'
import { onNode } from '../experiment/places.ts'
import { type Competitors, deployCompetitors } from './competitors.ts'
import type { ContentionSpec } from './spec.ts'

/** Whether what says its namespace and labels is the pod that is meant. */
type IsPod = (one: { namespace: string; labels: Readonly<Record<string, string>> }) => boolean

/** What the arms of an experiment share: who competes with them, and who applies strategies. */
export interface Field {
  competitors: Competitors
  /** Gives a pod the same place among the competitors as they have, where the cluster does not. */
  join(pod: Pod): Promise<void>
  /** Applies strategies to this pod, in place of all there were; says what they wait for. Without any all is as it was. */
  apply(pod: Pod, strategies: ContentionSpec['strategies']): Promise<Applied & { waiting: string[] }>
}

/** Opens it beside an arm, on the node of its server. What was made goes onto `stack`. Throws as what it opens does. */
export async function openField(
  cluster: Cluster,
  { competitors: count, placement }: ContentionSpec,
  { server }: ReadyArm,
  stack: AsyncDisposableStack,
): Promise<Field> {
  const node = (await cluster.nodes()).find(({ name }) => name === server.node)
  const at = { namespace: `${cluster.ref.runId}-competitors`, placement: node ? onNode(placement, node) : placement }
  const competitors = await deployCompetitors(cluster, count, at, stack)
  const pods = stack.use(await livePods(cluster))
  const groups = isKubernetes(cluster) ? null : stack.use(CpuGroups.open(cluster.ref))
  let isMeant: IsPod = () => false
  const source = { pods: () => pods.pods().filter((pod) => isMeant(pod)), onChange: pods.onChange }
  // In the run's own folder: what a killed run has left changed are its own pods, which go with it.
  const scheduler = stack.use(await Scheduler.open(join(cluster.ref.workDir, 'scheduler'), source))
  const knows = async ({ name, namespace }: Pod): Promise<IsPod> => {
    const real = isKubernetes(cluster) ? await cluster.namespace(namespace) : namespace
    return (one) => one.namespace === real && one.labels.app === name
  }
  const field: Field = {
    competitors,
    async join(pod) {
      if (groups === null) return
      pods.attribution.refresh()
      for (const { uid, processes } of pods.pods().filter(await knows(pod)))
        groups.put(
          uid,
          processes.map(({ pid }) => pid),
        )
    },
    async apply(pod, strategies) {
      isMeant = await knows(pod)
      pods.attribution.refresh()
      const applied = await scheduler.set({ strategies })
      const waiting = scheduler.reports().flatMap(({ state, reason }) => (state === 'waiting' ? [reason ?? ''] : []))
      return { ...applied, waiting }
    },
  }
  for (const pod of competitors.pods) await field.join(pod)
  return field
}
