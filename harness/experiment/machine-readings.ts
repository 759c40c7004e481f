import { readFileSync } from 'node:fs'
import { processIds, processStat } from '../../clusters/local/process-table.ts'

/** What the kernel has counted so far, in its own steps (`proc_stat(5)`, USER_HZ). Null where it does not tell. */
export interface MachineReading {
  cpu: CpuTimes | null
  /** Of the run's own processes. */
  ownTicks: number | null
  /** Microseconds in which something waited for a CPU. */
  pressureUs: number | null
  atMs: number
}

/** Of all cores together. */
export interface CpuTimes {
  busy: number
  stolen: number
  all: number
}

/** Shares of the time between two readings. */
export interface MachineShares {
  stealShare: number | null
  foreignCpuShare: number | null
  pressureShare: number | null
}

/**
 * Reads the machine. The run's own processes are those that descend from `roots`, whose ended children count as theirs; null: which
 * they are is not known. Takes about 10 µs for each process of the machine.
 */
export function readMachine(roots: readonly number[] | null, atMs: number): MachineReading {
  const stat = textOf('/proc/stat')
  const pressure = textOf('/proc/pressure/cpu')
  return {
    cpu: stat === null ? null : cpuTimes(stat),
    ownTicks: stat === null || roots === null ? null : ticksOf(roots),
    pressureUs: pressure === null ? null : waitedUs(pressure),
    atMs,
  }
}

/** What lies between two readings. What programs used is counted in other steps than what was used in all: never below 0. */
export function sharesBetween(before: MachineReading, after: MachineReading): MachineShares {
  const since = (of: (reading: MachineReading) => number | null | undefined) => {
    const [from, to] = [of(before), of(after)]
    return from == null || to == null ? null : to - from
  }
  const share = (part: number | null, whole: number | null) =>
    part === null || whole === null || whole <= 0 ? null : Math.min(1, Math.max(0, part / whole))
  const all = since(({ cpu }) => cpu?.all)
  const foreign = since(({ cpu, ownTicks }) => (cpu === null || ownTicks === null ? null : cpu.busy - ownTicks))
  const waited = since(({ pressureUs }) => pressureUs)
  return {
    stealShare: share(
      since(({ cpu }) => cpu?.stolen),
      all,
    ),
    foreignCpuShare: share(foreign, all),
    pressureShare: share(waited, (after.atMs - before.atMs) * 1000),
  }
}

/** The first line of `/proc/stat`. Guests' time is part of user time there already. */
export function cpuTimes(text: string): CpuTimes | null {
  const fields = /^cpu +(.*)$/m.exec(text)?.[1]?.split(' ').map(Number) ?? []
  const [user = 0, nice = 0, system = 0, idle, iowait = 0, irq = 0, softirq = 0, stolen = 0] = fields
  if (idle === undefined) return null
  const busy = user + nice + system + irq + softirq
  return { busy, stolen, all: busy + idle + iowait + stolen }
}

/** The total of the line "some" of `/proc/pressure/cpu`. */
export function waitedUs(text: string): number | null {
  const total = /^some .*total=(\d+)$/m.exec(text)?.[1]
  return total === undefined ? null : Number(total)
}

function ticksOf(roots: readonly number[]): number {
  const all = processIds().flatMap((pid) => processStat(pid) ?? [])
  const children = Map.groupBy(all, ({ parent }) => parent)
  // Grows while it is walked.
  const own = new Set(all.filter(({ pid }) => roots.includes(pid)))
  let ticks = 0
  for (const { pid, cpuTicks } of own) {
    ticks += cpuTicks
    for (const child of children.get(pid) ?? []) own.add(child)
  }
  return ticks
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return null
  }
}
