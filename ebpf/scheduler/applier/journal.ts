import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type ProcessId, readProcess, textOf } from '../process.ts'

const attributes = z.tuple([z.number(), z.number(), z.number()])

const entrySchema = z.object({
  pid: z.number(),
  startTime: z.string(),
  /** The UID of its pod. */
  pod: z.string().nullable(),
  /** What its first thread had, and threads that are not named. */
  before: attributes,
  /** What other threads had that differ from it. */
  threads: z.record(z.string(), attributes),
  /** All that we may have set. */
  applied: z.array(attributes),
})

const weightSchema = z.object({ file: z.string(), before: z.number(), applied: z.array(z.number()) })

const journalSchema = z.object({
  version: z.literal(1),
  owner: z.object({ pid: z.number(), startTime: z.string() }),
  /** Of /proc/sys/kernel/random/boot_id: nothing outlives a start of the machine, and numbers of processes mean others then. */
  boot: z.string(),
  processes: z.array(entrySchema),
  weights: z.array(weightSchema),
})

/** A process whose scheduling was changed, and what it was. */
export type Entry = z.output<typeof entrySchema>

/** A cgroup whose weight was changed, and what it was. */
export type WeightEntry = z.output<typeof weightSchema>

/** All that one process of ours has changed: written before it is. */
export type Journal = z.output<typeof journalSchema>

const bootId = () => textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? ''

export function emptyJournal(): Journal {
  const startTime = readProcess(process.pid)?.startTime ?? ''
  return { version: 1, owner: { pid: process.pid, startTime }, boot: bootId(), processes: [], weights: [] }
}

export const isOfThisBoot = ({ boot }: Journal) => boot === bootId()

const nameOf = ({ pid, startTime }: ProcessId) => `applied-${pid}-${startTime}.json`

/**
 * Written whole or not at all when this returns. It has to outlive our process, not the machine: it says nothing of the next start of
 * it. One without anything in it is removed.
 */
export function writeJournal(folder: string, journal: Journal) {
  const file = join(folder, nameOf(journal.owner))
  if (journal.processes.length + journal.weights.length === 0) return rmSync(file, { force: true })
  mkdirSync(folder, { recursive: true })
  const temporary = `${file}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, JSON.stringify(journal))
    renameSync(temporary, file)
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** The journals in a folder, and the files that should be one and are not. */
export function readJournals(folder: string): { journals: Journal[]; unreadable: string[] } {
  const files = filesOf(folder).filter((name) => /^applied-\d+-\d+\.json$/.test(name))
  const read = files.map((name) => ({ file: join(folder, name), journal: parse(textOf(join(folder, name))) }))
  return {
    journals: read.flatMap(({ journal }) => journal ?? []),
    unreadable: read.filter(({ journal }) => journal === null).map(({ file }) => file),
  }
}

function parse(text: string | null): Journal | null {
  try {
    return journalSchema.safeParse(JSON.parse(text ?? '')).data ?? null
  } catch {
    return null
  }
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
