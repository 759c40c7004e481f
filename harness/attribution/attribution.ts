import { isKubernetes } from '../../clusters/kubernetes/cluster.ts'
import { watchAllPods } from '../../clusters/kubernetes/pod-watch.ts'
import type { Cluster } from '../../clusters/provider.ts'
import { NodeAttribution } from '../../ebpf/attribution/attribution.ts'
import { keepFresh, type RefreshCost } from '../../ebpf/attribution/refresh.ts'
import { factsOf } from './kubernetes.ts'
import { localProcesses } from './local.ts'

/** An attribution that is kept fresh until it is disposed of. It still answers after that. */
export interface LiveAttribution extends Disposable {
  attribution: NodeAttribution
  cost(): RefreshCost
}

/** Which of a cluster's pods the processes and network namespaces of this machine belong to. Throws what the API server refuses. */
export async function attribute(cluster: Cluster): Promise<LiveAttribution> {
  const watch = isKubernetes(cluster) ? await watchAllPods(cluster.kube) : null
  const attribution = new NodeAttribution(
    watch ? { pods: () => watch.pods().map(factsOf) } : { processes: () => localProcesses(cluster.ref.runId) },
  )
  const refreshing = keepFresh(attribution)
  return {
    attribution,
    cost: refreshing.cost,
    [Symbol.dispose]() {
      refreshing[Symbol.dispose]()
      watch?.stop()
    },
  }
}
