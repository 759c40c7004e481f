import type { NodeAttribution, PodProcess } from '../../ebpf/attribution/attribution.ts'

/** A pod and its processes, in the field names of the scheduler's API (`GET /api/v1/pods/pids`). */
export interface PodPids {
  pod_name: string
  namespace: string
  /** Null where pods are processes. */
  pod_uid: string | null
  node_name: string
  /** Of the first container that has a process here; null where there is none. */
  container_id: string | null
  processes: {
    pid: number
    command: string
    ppid: number
    /** Null for the process that holds the pod's namespaces. */
    container: string | null
    container_id: string | null
  }[]
}

/** The pods that have processes on this machine, by namespace and name. `nodeOf` names the node of a pod by its UID. */
export function podPids(attribution: NodeAttribution, nodeOf: (uid: string | null) => string): PodPids[] {
  const pods = Map.groupBy(attribution.processes(), ({ owner }) => `${owner.namespace}/${owner.pod}/${owner.uid}`)
  return [...pods].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, processes]) => podOf(processes, nodeOf))
}

function podOf(processes: readonly PodProcess[], nodeOf: (uid: string | null) => string): PodPids {
  const { owner } = processes[0] as PodProcess
  return {
    pod_name: owner.pod,
    namespace: owner.namespace,
    pod_uid: owner.uid,
    node_name: nodeOf(owner.uid),
    container_id: processes.find((one) => one.owner.container !== null)?.containerId ?? null,
    processes: processes.map(({ pid, command, parentPid, owner, containerId }) => ({
      pid,
      command,
      ppid: parentPid,
      container: owner.container,
      container_id: containerId,
    })),
  }
}
