import type { Cluster } from './provider.ts'

/** Who has which CPUs, until it is disposed of. */
export interface CoreShares extends AsyncDisposable {
  /** In a sentence for people; where all share all, with the reason. */
  words: string
}

/** A cluster that can keep a load from running on the CPUs of what it measures. */
export interface SeparatesCores {
  /**
   * Gives the load's node and the servers' node, or what runs on them from now on, different CPUs. Where that cannot be done nothing
   * is changed, and `words` says why. Disposing gives back all of them.
   *
   * @param server - The name of the node of all servers.
   * @param client - The name of the node of all loads.
   */
  separateCores(server: string, client: string): Promise<CoreShares>
}

export function separatesCores(cluster: Cluster): cluster is Cluster & SeparatesCores {
  return typeof (cluster as Partial<SeparatesCores>).separateCores === 'function'
}

/** Shares of which nothing is changed. */
export function sharedCores(why: string): CoreShares {
  return { words: `the load and what it measures share all cores: ${why}`, async [Symbol.asyncDispose]() {} }
}

/** Reads CPU numbers as Linux lists them: `0-2,5`. */
export function readCpuList(text: string): number[] {
  const ranges = text.trim().split(',').filter(Boolean)
  return ranges.flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

/** The CPUs that a process may use, of its `/proc/PID/status`. */
export function allowedCpus(status: string): number[] {
  return readCpuList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '')
}

/** Writes CPU numbers as Linux lists them. */
export function cpuListOf(cpus: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const cpu of cpus.toSorted((a, b) => a - b)) {
    const range = ranges.at(-1)
    if (range && cpu === range[1] + 1) range[1] = cpu
    else ranges.push([cpu, cpu])
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}

/** For people: `core 0`, `cores 0-2,5`. */
export const coresText = (list: string) => `${/^\d+$/.test(list) ? 'core' : 'cores'} ${list}`

/** CPUs of the load, and of what it measures, as Linux lists them. */
export interface CpuSplit {
  load: string
  measured: string
}

/**
 * Splits CPUs in two: the first `share` of them, and at least one, for the load. Hardware threads of one core (`siblings`, a list
 * a core) slow each other down, so they stay together as long as that leaves the load no more than half. Null of fewer than two.
 */
export function splitCpus(
  cpus: readonly number[],
  share: number,
  siblings: readonly (readonly number[])[] = [],
): CpuSplit | null {
  if (cpus.length < 2) return null
  const coreOf = (cpu: number) => siblings.find((core) => core.includes(cpu)) ?? [cpu]
  const byCore = [...new Set(cpus.flatMap((cpu) => coreOf(cpu).filter((sibling) => cpus.includes(sibling))))]
  const wanted = Math.max(1, Math.floor(cpus.length * share))
  const whole = byCore.findIndex((cpu, i) => i + 1 >= wanted && !coreOf(cpu).includes(byCore[i + 1] ?? -1)) + 1
  const count = whole <= cpus.length / 2 ? whole : wanted
  return { load: cpuListOf(byCore.slice(0, count)), measured: cpuListOf(byCore.slice(count)) }
}
