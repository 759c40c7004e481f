import type { Cluster } from '../../clusters/provider.ts'
import type { NodeAttribution } from '../../ebpf/attribution/attribution.ts'
import type { PodSource } from '../../ebpf/scheduler/strategies/live.ts'
import type { Pod } from '../../ebpf/scheduler/strategies/resolve.ts'
import { attribute, type LiveAttribution } from './attribution.ts'
import { uidOf } from './local.ts'

/** The pods of a cluster that have processes on this machine, as strategies follow them: looked at every half a second. */
export interface LivePods extends PodSource, Disposable {
  attribution: NodeAttribution
}

/** Follows the pods of a cluster until it is disposed of. Throws what the API server refuses. */
export async function livePods(cluster: Cluster): Promise<LivePods> {
  const listeners = new Set<() => void>()
  let last = ''
  const live: LiveAttribution = await attribute(cluster, () => {
    const now = JSON.stringify(podsIn(live.attribution))
    if (now === last) return
    last = now
    for (const listener of listeners) listener()
  })
  return {
    attribution: live.attribution,
    pods: () => podsIn(live.attribution),
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    [Symbol.dispose]: () => live[Symbol.dispose](),
  }
}

function podsIn(attribution: NodeAttribution): Pod[] {
  const byPod = Map.groupBy(attribution.processes(), ({ owner }) => uidOf(owner))
  return [...byPod].map(([uid, processes]) => {
    const { namespace, pod, labels } = (processes[0] as (typeof processes)[0]).owner
    return {
      ...{ namespace, name: pod, uid, labels },
      processes: processes.map(({ pid, startTime, command }) => ({ pid, startTime, command })),
    }
  })
}
