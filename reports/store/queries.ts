import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { Figure } from '../figures.ts'
import type { Outcome } from '../record.ts'
import type { Entry } from './archive.ts'
import type { FigureFilter, RunFilter, RunRow, Unreadable } from './run-row.ts'

type Row = Record<string, SQLOutputValue>

/** Conditions that were asked for, as SQL and its arguments. */
function where(conditions: readonly [sql: string, argument: SQLInputValue | undefined][]) {
  const asked = conditions.filter(([, argument]) => argument !== undefined)
  return {
    sql: asked.map(([sql]) => ` AND ${sql}`).join(''),
    args: asked.map(([, argument]) => argument as SQLInputValue),
  }
}

/** The runs that fit, the newest first. */
export function selectRuns(database: DatabaseSync, filter: RunFilter): RunRow[] {
  const { sql, args } = where([
    ['EXISTS (SELECT 1 FROM json_each(suites) WHERE value = ?)', filter.suite],
    ['cluster = ?', filter.cluster],
    ['environment = ?', filter.environment],
    ['instr("commit", ?) = 1', filter.commit],
  ])
  const rows = database
    .prepare(`SELECT * FROM run WHERE true${sql} ORDER BY startedMs DESC, id DESC LIMIT ?`)
    .all(...args, filter.limit ?? -1)
  return rows.map(toRun)
}

/** Runs whose id is `name`, or begins with it. */
export function selectNamed(database: DatabaseSync, name: string): RunRow[] {
  const exact = database.prepare('SELECT * FROM run WHERE id = ?').all(name)
  if (exact.length > 0) return exact.map(toRun)
  return database.prepare('SELECT * FROM run WHERE instr(id, ?) = 1 ORDER BY startedMs DESC').all(name).map(toRun)
}

/** What the index knows of a record's file. */
export function selectEntry(database: DatabaseSync, path: string): Entry | null {
  const row = database.prepare('SELECT path, stamp FROM entry WHERE path = ?').get(path)
  return row ? { path: String(row.path), stamp: String(row.stamp) } : null
}

export function selectUnreadable(database: DatabaseSync): Unreadable[] {
  const rows = database.prepare('SELECT path, reason FROM entry WHERE reason IS NOT NULL ORDER BY path').all()
  return rows.map(({ path, reason }) => ({ path: String(path), reason: String(reason) }))
}

/** The figures that fit, series by series, the oldest run first. */
export function selectFigures(database: DatabaseSync, filter: FigureFilter): Figure[] {
  const { suite, test, arm, over, indicator, form, environment, settings, before, last } = filter
  const { sql, args } = where([
    ['suite = ?', suite],
    ['test = ?', test],
    ['arm = ?', arm],
    ['over = ?', over === null ? '' : over],
    ['indicator = ?', indicator],
    ['form = ?', form],
    ['series.environment = ?', environment],
    ['settings = ?', settings],
    ['startedMs < ?', before === undefined ? undefined : Date.parse(before)],
  ])
  const rows = database
    .prepare(
      `SELECT * FROM (
         SELECT series.*, figure.place, figure.value, figure.low, figure.high, run.id, run.startedAt, run.startedMs, run.source,
           dense_rank() OVER (PARTITION BY series.key ORDER BY run.startedMs DESC, run.id DESC) AS recency
         FROM series JOIN figure ON figure.series = series.key JOIN run ON run.key = figure.run WHERE true${sql}
       ) WHERE recency <= ? ORDER BY suite, test, arm, over, indicator, form, key, startedMs, id, place`,
    )
    .all(...args, last ?? Number.MAX_SAFE_INTEGER)
  return rows.map(toFigure)
}

const toSource = (text: SQLOutputValue | undefined) => (typeof text === 'string' ? JSON.parse(text) : null)

const toRun = (row: Row): RunRow => ({
  id: String(row.id),
  path: String(row.path),
  startedAt: String(row.startedAt),
  durationMs: Number(row.durationMs),
  outcome: row.outcome as Outcome,
  profile: String(row.profile),
  cluster: String(row.cluster),
  suites: JSON.parse(String(row.suites)),
  environment: row.environment === null ? null : String(row.environment),
  source: toSource(row.source),
})

const toFigure = (row: Row): Figure => ({
  run: String(row.id),
  startedAt: String(row.startedAt),
  source: toSource(row.source),
  environment: String(row.environment),
  settings: String(row.settings),
  suite: String(row.suite),
  test: String(row.test),
  arm: String(row.arm),
  over: row.over === '' ? null : String(row.over),
  indicator: String(row.indicator),
  unit: String(row.unit),
  form: row.form as Figure['form'],
  value: Number(row.value),
  interval: row.low === null ? null : [Number(row.low), Number(row.high)],
})
