import { readdirSync } from 'node:fs'
import { lives, type ProcessId, textOf } from '../process.ts'

/** Time of living threads since they started, ns: on CPUs, and ready to run but without one. Sleep of their own accord is in neither. */
export interface ProcessTimes {
  runNs: bigint
  waitNs: bigint
  /** How often they were given a CPU. */
  slices: bigint
}

/**
 * What `/proc/PID/task/TID/schedstat` says, added up over the threads of a process. Null where the process has ended, and where the
 * kernel does not account for it (CONFIG_SCHED_INFO). Threads that ended are not in it: differences of two readings can be too small.
 */
export function processTimes(id: ProcessId): ProcessTimes | null {
  const threads = threadsOf(id.pid).map((thread) => textOf(`/proc/${id.pid}/task/${thread}/schedstat`))
  const times = threads.flatMap((text) => (text === null ? [] : parseThreadTimes(text)))
  if (times.length === 0 || !lives(id)) return null
  return times.reduce((sum, one) => ({
    runNs: sum.runNs + one.runNs,
    waitNs: sum.waitNs + one.waitNs,
    slices: sum.slices + one.slices,
  }))
}

function parseThreadTimes(text: string): ProcessTimes | [] {
  const [, run, wait, slices] = /^(\d+) (\d+) (\d+)$/.exec(text.trim()) ?? []
  if (run === undefined || wait === undefined || slices === undefined) return []
  return { runNs: BigInt(run), waitNs: BigInt(wait), slices: BigInt(slices) }
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}
