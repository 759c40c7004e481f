import { type ProcessId, readProcess } from '../process.ts'
import { type Assigned, keyOf } from './assigned.ts'
import type { Change, Visit } from './attributes.ts'
import type { Entry } from './journal.ts'
import { type Attributes, attributesOf, policies, type Wanted } from './wanted.ts'

/** The processes whose threads we have changed, each with what it had before and what it was given last. */
export class HeldProcesses {
  readonly #held = new Map<string, { entry: Entry; wanted: string | null }>()

  /** For the journal. */
  get entries(): Entry[] {
    return [...this.#held.values()].map(({ entry }) => entry)
  }

  has(id: ProcessId) {
    return this.#held.has(keyOf(id))
  }

  /** Takes a process in, with what its threads have now, or had before us. Says what of it cannot be changed. */
  hold(one: Assigned, threads: Record<string, Attributes>, heritage: Entry | null): string | null {
    const before = heritage?.before ?? threads[one.pid] ?? Object.values(threads)[0]
    if (before === undefined) return `process ${one.pid}: it has no threads`
    const others = heritage ? [] : Object.entries(threads).filter(([, had]) => !isSame(had, before))
    const { pid, startTime, pod } = one
    const entry: Entry = {
      ...{ pid, startTime, pod: pod?.uid ?? null, applied: [], before: [...before] },
      threads: Object.fromEntries(others.map(([thread, [policy, nice, slice]]) => [thread, [policy, nice, slice]])),
    }
    this.#held.set(keyOf(one), { entry, wanted: null })
    const left = Object.values(threads).filter(([policy]) => policy !== policies.other && policy !== policies.batch)
    return left.length === 0
      ? null
      : `process ${pid}: ${left.length} of its threads have a policy of their own, which stays`
  }

  /** Notes what a process is to get; the visit that gives it, or null where it has it. */
  want(id: ProcessId, wanted: Wanted): Visit | null {
    const held = this.#held.get(keyOf(id))
    const text = JSON.stringify(wanted)
    if (held === undefined || held.wanted === text) return null
    const { entry } = held
    held.wanted = text
    const to = attributesOf(wanted, entry.before)
    const changed = Object.entries(entry.threads).map(([thread, had]) => [thread, attributesOf(wanted, had)] as const)
    const set: Change = { to, threads: Object.fromEntries(changed), only: null }
    for (const one of [to, ...Object.values(set.threads)])
      if (!entry.applied.some((known) => isSame(known, one))) entry.applied.push([...one])
    return { pid: id.pid, startTime: id.startTime, set }
  }

  /** It is as it was, or has ended. */
  release(id: ProcessId) {
    this.#held.delete(keyOf(id))
  }

  /** The next change is made again. */
  forget(id: ProcessId) {
    const held = this.#held.get(keyOf(id))
    if (held !== undefined) held.wanted = null
  }

  /**
   * Finds what a new process has from one that we hold: a child has what its parent was given, and had before us what its parent had.
   * The parent may have ended; then it is another process of the pod.
   */
  heritage(): (one: Assigned, threads: Record<string, Attributes>) => Entry | null {
    const given = this.entries.filter(({ applied }) => applied.length > 0)
    const byPid = new Map(given.map((entry) => [entry.pid, entry]))
    const byPod = Map.groupBy(given, ({ pod }) => pod)
    return ({ pid, pod }, threads) => {
      const kin = [...ancestorsOf(pid).flatMap((above) => byPid.get(above) ?? []), ...(byPod.get(pod?.uid ?? '') ?? [])]
      const has = Object.values(threads)
      return kin.find(({ applied }) => has.every((one) => applied.some((known) => isSame(known, one)))) ?? null
    }
  }
}

const isSame = (a: Attributes, b: Attributes) => a.every((value, i) => value === b[i])

function ancestorsOf(pid: number): number[] {
  const above: number[] = []
  for (let at = readProcess(pid)?.parent ?? 0; at > 1 && !above.includes(at); at = readProcess(at)?.parent ?? 0)
    above.push(at)
  return above
}
