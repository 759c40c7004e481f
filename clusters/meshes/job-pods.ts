import type { V1Pod } from '@kubernetes/client-node'
import type { KubeCluster } from '../kubernetes/cluster.ts'
import { runSelector } from '../kubernetes/labels.ts'
import { watchPods } from '../kubernetes/pod-watch.ts'

const jobLabel = 'batch.kubernetes.io/job-name'
const longestTrialMs = 24 * 3_600_000

/** Watches for pods of jobs in a namespace. What it returns ends that, and returns all that were seen, also those that are gone. */
export async function watchJobPods({ kube, ref }: KubeCluster, namespace: string): Promise<() => V1Pod[]> {
  const watch = await watchPods(kube, namespace, runSelector(ref.runId))
  // Pods of the load before may still be ending.
  const old = new Set(watch.pods().map(({ metadata }) => metadata?.name))
  const seen = new Map<string, V1Pod>()
  const over = new AbortController()
  const note = (pods: readonly V1Pod[]) => {
    for (const pod of pods)
      if (pod.metadata?.labels?.[jobLabel] && !old.has(pod.metadata.name)) seen.set(pod.metadata.name ?? '', pod)
    return null
  }
  // Its own failure is that nothing was seen.
  watch.until(note, longestTrialMs, over.signal).catch(() => {})
  return () => {
    over.abort()
    watch.stop()
    return [...seen.values()]
  }
}

/** Whether a proxy runs in a pod beside its program, and ends with it. */
export function hasSidecar({ spec }: V1Pod, name: string): boolean {
  return (
    spec?.initContainers?.some((one) => one.name === name && one.restartPolicy === 'Always') === true ||
    spec?.containers.some((one) => one.name === name) === true
  )
}
