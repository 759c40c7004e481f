import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { environmentFields, keyOf } from '../../reports/likeness.ts'
import type { RunRecord } from '../../reports/record.ts'
import type { Store } from '../../reports/store/store.ts'
import { loadRecord, recordFile } from '../../reports/store.ts'
import { HarnessError } from '../errors.ts'
import { type DifferenceKind, differencesOf, differenceWords } from './differences.ts'

type Runs = Pick<Store, 'read' | 'runs' | 'location'>

/**
 * The records that were named, from the oldest to the newest: files of records, folders of runs, folders that hold such folders, and else runs of the store. Throws
 * ReportError RECORD_NOT_FOUND or RECORD_INVALID, HarnessError CONFIG_INVALID of a folder without any.
 */
export async function recordsOf(names: readonly string[], store: () => Promise<Runs>): Promise<RunRecord[]> {
  const records: RunRecord[] = []
  for (const name of names) {
    if (existsSync(name)) records.push(...(await recordsAt(name)))
    else records.push(await (await store()).read(name))
  }
  return byStart(records)
}

const byStart = (records: readonly RunRecord[]) =>
  records.toSorted((a, b) => Date.parse(a.run.startedAt) - Date.parse(b.run.startedAt))

async function recordsAt(path: string): Promise<RunRecord[]> {
  if (!(await stat(path)).isDirectory() || existsSync(join(path, recordFile))) return [await loadRecord(path)]
  const folders = (await readdir(path)).filter((name) => existsSync(join(path, name, recordFile)))
  const records = await Promise.all(folders.map((name) => loadRecord(join(path, name))))
  // What a gate has judged is one of the others, with verdicts.
  const runs = records.filter(({ run }) => !run.gate)
  if (runs.length > 0) return runs
  throw new HarnessError('CONFIG_INVALID', `no run in ${path}: neither it nor a folder in it has a ${recordFile}`)
}

/** Of records that cannot be read, one of a later run: then that run is not the latest. Ids begin with the time of their run. */
export const newerThan = <T extends { path: string }>(runId: string, unreadable: readonly T[]): T | undefined =>
  unreadable.find(({ path }) => /^\d{8}-\d{6}-/.test(path) && path > runId)

/** Runs before a candidate, and of those that were not taken a line for each reason. */
export interface Window {
  records: RunRecord[]
  leftOut: string[]
}

const environmentKinds: readonly DifferenceKind[] = ['hardware', 'system', 'cluster']

/**
 * The last `size` runs of a store before the candidate that are like it: suites, machine, system, cluster, versions, load, arms and settings, but for what may differ.
 * From the oldest to the newest.
 */
export async function windowOf(
  store: Runs,
  candidate: readonly RunRecord[],
  size: number,
  allowed: readonly DifferenceKind[],
): Promise<Window> {
  const newest = candidate.at(-1)
  if (!newest) return { records: [], leftOut: [] }
  const before = Math.min(...candidate.map(({ run }) => Date.parse(run.startedAt)))
  const ids = candidate.map(({ run }) => run.id)
  const suites = new Set(newest.experiments.map(({ suite }) => suite))
  const earlier = (await store.runs()).filter(
    (one) =>
      Date.parse(one.startedAt) < before && !ids.includes(one.id) && one.suites.some((suite) => suites.has(suite)),
  )
  const own = keyOf(environmentFields(newest))
  const bound = !environmentKinds.some((kind) => allowed.includes(kind))
  const [records, reasons] = [[] as RunRecord[], new Map<string, number>()]
  for (const row of earlier) {
    if (records.length === size) break
    // The index knows their machine without the record.
    const elsewhere = bound && row.environment !== null && row.environment !== own
    const record = elsewhere ? null : await store.read(row.id)
    const [difference] = record ? differencesOf([record], [newest]).filter(({ kind }) => !allowed.includes(kind)) : []
    if (record && !difference) records.unshift(record)
    else {
      const why = difference ? differenceWords(difference) : 'another machine, system or cluster'
      reasons.set(why, (reasons.get(why) ?? 0) + 1)
    }
  }
  return {
    records,
    leftOut: [...reasons].map(([why, n]) => `${n} earlier ${n === 1 ? 'run' : 'runs'} left out: ${why}`),
  }
}
