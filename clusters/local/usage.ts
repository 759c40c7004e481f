import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import type { Usage } from '../provider.ts'
import { ended, hasProc, processIds, processStat } from './process-table.ts'

let ticksPerSecond: number | undefined

/** CPU time in ms and resident memory in bytes of all processes in the group; null where there is no /proc. */
export function groupUsage(group: number): Usage {
  if (!hasProc) return { cpuMs: null, memoryBytes: null }
  ticksPerSecond ??= clockTicksPerSecond()
  let cpuMs = 0
  let memoryBytes = 0
  for (const pid of processIds()) {
    const stat = processStat(pid)
    if (stat?.group !== group || ended(stat)) continue
    // The scheduler's figure is exact to the tick interrupt but forgets threads that ended; stat counts those, in
    // steps of 10 ms that are always rounded down. The larger one is nearer the truth.
    cpuMs += Math.max(scheduledMs(pid), (stat.cpuTicks * 1000) / ticksPerSecond)
    memoryBytes += residentBytes(pid)
  }
  return { cpuMs, memoryBytes }
}

function scheduledMs(pid: number): number {
  let ns = 0
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      ns += Number.parseInt(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1'), 10)
    }
  } catch {
    // A thread ended between the two reads, or the kernel keeps no such statistics: stat has to do.
  }
  return ns / 1e6
}

function residentBytes(pid: number): number {
  try {
    // In kB whatever the page size, unlike statm.
    const [, kilobytes] = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
    return Number(kilobytes ?? 0) * 1024
  } catch {
    return 0
  }
}

function clockTicksPerSecond(): number {
  try {
    return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) || 100
  } catch {
    return 100
  }
}
