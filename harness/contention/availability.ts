import { execa } from 'execa'
import { cpuGroupsMissing } from '../../clusters/local/cpu-groups.ts'
import type { Cluster } from '../../clusters/provider.ts'
import { schedExtScheduler } from '../../ebpf/scheduler/applier/sched-ext.ts'
import { podsAreHere } from '../probes/access.ts'
import { unavailableHere } from '../probes/attach-all.ts'
import { probeNames } from './spec.ts'

/** Why strategies cannot be tried under contention on this cluster, and what it takes; null: they can. */
export async function contentionMissing(cluster: Cluster): Promise<string | null> {
  const { provider } = cluster.ref
  if (!(await podsAreHere(cluster)))
    return `strategies are applied on this machine, and the pods of ${provider} are not its processes; run it on the node itself`
  const [probe] = await unavailableHere(probeNames)
  if (probe) return `run queues cannot be watched: ${probe.reason}; ${probe.remedy}`
  const scheduler = schedExtScheduler()
  if (scheduler !== null)
    return `a sched_ext scheduler (${scheduler}) runs this machine, and strategies are for it to read`
  const python = await execa('python3', ['--version'], { reject: false, timeout: 10_000 })
  if (python.failed) return 'strategies are applied with Python 3: install python3'
  return cluster.ref.pods === 'processes' ? cpuGroupsMissing() : null
}
