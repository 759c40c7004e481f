import type { KubeClient } from '../../clusters/kubernetes/client.ts'
import { isKubernetes } from '../../clusters/kubernetes/cluster.ts'
import { watchAllPods } from '../../clusters/kubernetes/pod-watch.ts'
import type { Cluster } from '../../clusters/provider.ts'
import { type AttributionSource, NodeAttribution } from '../../ebpf/attribution/attribution.ts'
import type { PodFacts } from '../../ebpf/attribution/pods.ts'
import { keepFresh, type RefreshCost } from '../../ebpf/attribution/refresh.ts'
import { factsOf } from './kubernetes.ts'
import { localProcesses } from './local.ts'

/** `hostNetwork`: it has no network namespace of its own, as is so with all pods on `local`. */
export type ListedPod = Pick<PodFacts, 'namespace' | 'name' | 'labels' | 'hostNetwork'>

/** An attribution that is kept fresh until it is disposed of. It still answers after that. */
export interface LiveAttribution extends Disposable {
  attribution: NodeAttribution
  /** The pods that there are now, wherever their processes run. */
  pods(): ListedPod[]
  cost(): RefreshCost
}

/**
 * Which of a cluster's pods the processes and network namespaces of this machine belong to. `onRefresh` is called each time that it was
 * looked. Throws what the API server refuses.
 */
export async function attribute(cluster: Cluster, onRefresh?: () => void): Promise<LiveAttribution> {
  const { ref } = cluster
  return isKubernetes(cluster) ? attributeKubernetes(cluster.kube, onRefresh) : attributeLocal(ref.runId, onRefresh)
}

/** The same of any cluster that has an API server. */
export async function attributeKubernetes(client: KubeClient, onRefresh?: () => void): Promise<LiveAttribution> {
  const watch = await watchAllPods(client)
  const pods = () => watch.pods().map(factsOf)
  return live({ pods }, pods, () => watch.stop(), onRefresh)
}

/** The same of runs on processes of this machine: of one, or of all. */
export function attributeLocal(runId?: string, onRefresh?: () => void): LiveAttribution {
  const pods = () => {
    const owners = localProcesses(runId).map(({ owner }) => owner)
    const one = new Map(owners.map((owner) => [`${owner.namespace}/${owner.pod}`, owner]))
    return [...one.values()].map(({ namespace, pod: name, labels }) => ({ namespace, name, labels, hostNetwork: true }))
  }
  return live({ processes: () => localProcesses(runId) }, pods, () => {}, onRefresh)
}

function live(
  source: AttributionSource,
  pods: () => ListedPod[],
  stop: () => void,
  onRefresh?: () => void,
): LiveAttribution {
  const attribution = new NodeAttribution(source)
  const refreshing = keepFresh(attribution, onRefresh)
  return {
    attribution,
    pods,
    cost: refreshing.cost,
    [Symbol.dispose]() {
      refreshing[Symbol.dispose]()
      stop()
    },
  }
}
