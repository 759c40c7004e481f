import { createHash } from 'node:crypto'
import { labelKeys, labelValue } from '../../clusters/kubernetes/labels.ts'
import { type PodProcess, podProcesses } from '../../clusters/local/label.ts'
import type { OwnedProcess } from '../../ebpf/attribution/attribution.ts'
import type { Owner } from '../../ebpf/probe.ts'

/** The processes of pods on `local`, of one run or of all. They have the labels that they would have on Kubernetes. */
export function localProcesses(runId?: string): OwnedProcess[] {
  return podProcesses(runId).map(({ pid, startTime, ...rest }) => ({ pid, startTime, owner: ownerOf(rest) }))
}

function ownerOf({ runId, namespace, pod }: Omit<PodProcess, 'pid' | 'startTime'>): OwnedProcess['owner'] {
  const labels = { app: pod, [labelKeys.run]: labelValue(runId), [labelKeys.part]: pod }
  return { namespace, pod, uid: null, container: null, labels }
}

/** The UID of a pod; of one on `local`, which has none, 32 hexadecimal digits that no other pod has, as static pods on Kubernetes. */
export function uidOf({ uid, namespace, pod, labels }: Owner): string {
  if (uid !== null) return uid
  const name = JSON.stringify([labels[labelKeys.run], namespace, pod])
  return createHash('sha256').update(name).digest('hex').slice(0, 32)
}
