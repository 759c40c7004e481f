import { readdirSync } from 'node:fs'
import { lives, type Process, type ProcessId, readProcess } from '../process.ts'
import { type Visit, visitSync } from './attributes.ts'
import { restoreWeight } from './cgroup.ts'
import { type Entry, isOfThisBoot, type Journal, readJournals, writeJournal } from './journal.ts'

/** What was put back. `left` says what could not be, and why; its journal stays for the next time. */
export interface Restored {
  processes: number
  weights: number
  left: string[]
}

/**
 * Puts back what processes of ours that are gone have changed from this folder. The next start calls it, and it may be called twice.
 *
 * @throws SchedulerError SCHEDULER_UNAVAILABLE when there is something to put back and no Python.
 */
export function restoreLeft(folder: string): Restored {
  const { journals, unreadable } = readJournals(folder)
  const all = journals.filter(({ owner }) => !lives(owner)).map((journal) => restore(folder, journal))
  return {
    processes: all.reduce((sum, { processes }) => sum + processes, 0),
    weights: all.reduce((sum, { weights }) => sum + weights, 0),
    left: [
      ...unreadable.map((file) => `${file} cannot be read: look at it, and remove it`),
      ...all.flatMap(({ left }) => left),
    ],
  }
}

const noneElse = { has: () => false }

/** Puts back all of a journal, and removes it from the folder as far as that went. */
export function restore(folder: string, journal: Journal): Restored {
  if (!isOfThisBoot(journal)) {
    writeJournal(folder, { ...journal, processes: [], weights: [] })
    return { processes: 0, weights: 0, left: [] }
  }
  const visits = [...journal.processes.map(visitOf), ...heirsOf(journal.processes, noneElse)]
  const answers = visits.length === 0 ? [] : visitSync(visits).processes
  const failures = visits.map(({ pid }, i) => failureOf(pid, answers[i]))
  const weights = journal.weights.map(restoreWeight)
  writeJournal(folder, {
    ...journal,
    processes: journal.processes.filter((_, i) => failures[i] !== null),
    weights: journal.weights.filter((_, i) => weights[i] !== null),
  })
  return {
    processes: answers.filter((answer) => 'threads' in answer).length,
    weights: weights.filter((failure) => failure === null).length,
    left: [...failures, ...weights].filter((failure) => failure !== null),
  }
}

/** What gives a process back what it had, but for threads that somebody else has set since. */
export const visitOf = ({ pid, startTime, before, threads, applied }: Entry): Visit => ({
  ...{ pid, startTime },
  set: { to: before, threads, only: applied },
})

/** Why a process was not put back; null: it was, or there is nothing to put back, because it has ended. */
export function failureOf(pid: number, answer: { threads: object } | { error: string } | undefined): string | null {
  if (answer === undefined || 'threads' in answer || answer.error.startsWith('it has ended')) return null
  return `process ${pid}: ${answer.error}`
}

/** Living children that processes have made since have what was set as well. Those that `held` knows are taken care of. */
export function heirsOf(entries: readonly Entry[], held: { has(id: ProcessId): boolean }): Visit[] {
  const living = new Map(entries.filter(lives).map((entry) => [entry.pid, entry]))
  if (living.size === 0) return []
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const all = new Map(pids.flatMap((pid) => readProcess(Number(pid)) ?? []).map((found) => [found.pid, found]))
  // Numbers that are used again while they are read could make a circle: no line of processes is that long.
  const giverOf = ({ parent }: Process, steps = 0): Entry | undefined => {
    const above = all.get(parent)
    if (above === undefined || steps > 1000) return undefined
    return living.get(above.pid) ?? (held.has(above) ? undefined : giverOf(above, steps + 1))
  }
  return [...all.values()].flatMap((heir) => {
    const giver = living.has(heir.pid) || held.has(heir) ? undefined : giverOf(heir)
    if (giver === undefined) return []
    return [{ ...visitOf({ ...giver, threads: {} }), pid: heir.pid, startTime: heir.startTime }]
  })
}
