import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Figure } from '../figures.ts'
import type { RunRecord } from '../record.ts'
import { parseRecordText } from '../store.ts'
import type { Entry } from './archive.ts'
import { runName } from './run-name.ts'

/** What the index keeps of a record; of one that cannot be read, the reason. */
export interface Indexed {
  entry: Entry
  digest: string
  reason: string | null
  content: { record: RunRecord; figures: Figure[] } | null
}

/** By which equal records, and equal lists of them, are known. */
export const digestOf = (text: string) => createHash('sha256').update(text).digest('hex')

/** Reads what is at an entry. Whatever is wrong with it becomes the reason. */
export function indexed(entry: Entry, text: string, figuresOf: (record: RunRecord) => Figure[]): Indexed {
  const digest = digestOf(text)
  try {
    const record = parseRecordText(text, entry.path)
    // The same run with what a gate says of it: it was measured once.
    if (record.run.gate) return { entry, digest, reason: null, content: null }
    runName(record)
    const figures = figuresOf(record)
    for (const { value, interval, indicator, arm } of figures)
      if (![value, ...(interval ?? [])].every(Number.isFinite))
        throw new Error(`${indicator} of ${arm} is ${value} [${interval?.join(', ') ?? ''}], which is no figure`)
    return { entry, digest, reason: null, content: { record, figures } }
  } catch (error) {
    return { entry, digest, reason: (error as Error).message, content: null }
  }
}

/** What the index was last compared with, by its digest, unless it was changed since; and its newest entry. */
export function lookOf(database: DatabaseSync): { digest: string | null; newest: number } {
  const digest = database.prepare('SELECT digest FROM look').get()?.digest
  const newest = database.prepare('SELECT max(rowid) AS newest FROM entry').get()?.newest
  return { digest: digest === undefined ? null : String(digest), newest: Number(newest ?? 0) }
}

/** Remembers what the index has been compared with, if it holds just that. To be called in a transaction. */
export function rememberLook(database: DatabaseSync, digest: string, entries: number): void {
  database.exec('DELETE FROM look')
  if (database.prepare('SELECT count(*) AS held FROM entry').get()?.held === entries)
    database.prepare('INSERT INTO look (digest) VALUES (?)').run(digest)
}

/** Puts them into the index in place of what it had of them. To be called in a transaction. */
export function putRows(database: DatabaseSync, all: readonly Indexed[]): void {
  database.exec('DELETE FROM look')
  const known = database.prepare('SELECT stamp FROM entry WHERE path = ?')
  const insert = database.prepare('INSERT OR REPLACE INTO entry (path, stamp, digest, reason) VALUES (?, ?, ?, ?)')
  for (const { entry, digest, reason, content } of all) {
    // Another process was faster.
    if (known.get(entry.path)?.stamp === entry.stamp) continue
    removeRun(database, entry.path)
    const twice = content && sameRun(database, content.record, digest)
    insert.run(entry.path, entry.stamp, digest, twice?.reason ?? reason)
    if (content && !twice) putRun(database, entry.path, content)
  }
}

/** Takes them out of the index. To be called in a transaction. */
export function removeRows(database: DatabaseSync, paths: readonly string[]): void {
  database.exec('DELETE FROM look')
  const remove = database.prepare('DELETE FROM entry WHERE path = ?')
  for (const path of paths) {
    removeRun(database, path)
    remove.run(path)
  }
}

function removeRun(database: DatabaseSync, path: string): void {
  database.prepare('DELETE FROM figure WHERE run = (SELECT key FROM run WHERE path = ?)').run(path)
  database.prepare('DELETE FROM run WHERE path = ?').run(path)
}

/** A run that is listed already: a copy says nothing more, and of two records under one id one is wrong. */
function sameRun(database: DatabaseSync, { run }: RunRecord, digest: string): { reason: string | null } | null {
  const other = database
    .prepare('SELECT entry.path, entry.digest FROM run JOIN entry USING (path) WHERE run.id = ?')
    .get(run.id)
  if (!other) return null
  const reason = `another record of run ${run.id} is listed, ${other.path}: one of the two is not what that run wrote`
  return { reason: other.digest === digest ? null : reason }
}

function putRun(database: DatabaseSync, path: string, { record, figures }: NonNullable<Indexed['content']>): void {
  const { id, startedAt, durationMs, outcome, profile, cluster, source } = record.run
  const startedMs = Date.parse(startedAt)
  const suites = [...new Set(record.experiments.map(({ suite }) => suite))]
  const { lastInsertRowid: run } = database
    .prepare(
      `INSERT INTO run (id, path, startedMs, startedAt, durationMs, outcome, profile, cluster, suites, environment, "commit", ref, dirty)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      ...[id, path, startedMs, startedAt, durationMs, outcome, profile, cluster.provider],
      ...[suites.join('\n'), figures[0]?.environment ?? null],
      ...[source?.commit ?? null, source?.ref ?? null, source ? Number(source.dirty) : null],
    )
  const insert = database.prepare(
    'INSERT INTO figure (series, startedMs, run, place, value, low, high) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  for (const [place, figure] of figures.entries()) {
    const [low, high] = figure.interval ?? [null, null]
    insert.run(seriesOf(database, figure), startedMs, run, place, figure.value, low, high)
  }
}

function seriesOf(database: DatabaseSync, figure: Figure): number | bigint {
  const { suite, test, arm, over, indicator, unit, form, environment, settings } = figure
  const names = [suite, test, arm, over ?? '', indicator, unit, form, environment, settings]
  const there = database
    .prepare(
      `SELECT key FROM series WHERE suite = ? AND test = ? AND arm = ? AND over = ? AND indicator = ? AND unit = ? AND form = ?
       AND environment = ? AND settings = ?`,
    )
    .get(...names)
  if (there) return there.key as number
  return database
    .prepare(
      `INSERT INTO series (suite, test, arm, over, indicator, unit, form, environment, settings)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(...names).lastInsertRowid
}
