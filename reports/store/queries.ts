import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { Figure } from '../figures.ts'
import type { Outcome, Source } from '../record.ts'
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
    ['instr(char(10) || suites || char(10), char(10) || ? || char(10)) > 0', filter.suite],
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

/** The figures that fit, series by series, of each the oldest run first. */
export function selectFigures(database: DatabaseSync, filter: FigureFilter): Figure[] {
  const { suite, test, arm, over, indicator, form, environment, settings } = filter
  const { sql, args } = where([
    ['suite = ?', suite],
    ['test = ?', test],
    ['arm = ?', arm],
    ['over = ?', over === null ? '' : over],
    ['indicator = ?', indicator],
    ['form = ?', form],
    ['environment = ?', environment],
    ['settings = ?', settings],
  ])
  const all = database
    .prepare(`SELECT * FROM series WHERE true${sql} ORDER BY suite, test, arm, over, indicator, form, key`)
    .all(...args)
  return all.flatMap((series) => figuresOfSeries(database, series, filter))
}

/** From the newest run on backwards, as far as is asked for. */
function figuresOfSeries(database: DatabaseSync, series: Row, { before, last }: FigureFilter): Figure[] {
  const rows = database
    .prepare(
      `SELECT run.id, run.startedAt, run."commit", run.ref, run.dirty, value, low, high
       FROM figure JOIN run ON run.key = figure.run WHERE series = ? AND figure.startedMs < ?
       ORDER BY figure.startedMs DESC, figure.run DESC, place DESC`,
    )
    .iterate(series.key as number, before === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(before))
  const about = aboutSeries(series)
  const figures: Figure[] = []
  let [runs, latest] = [0, '']
  for (const row of rows) {
    const run = String(row.id)
    if (run !== latest && ++runs > (last ?? Number.POSITIVE_INFINITY)) break
    latest = run
    const interval = row.low === null ? null : ([Number(row.low), Number(row.high)] as const)
    const { value, startedAt } = row
    figures.push({ ...about, run, startedAt: String(startedAt), source: toSource(row), value: Number(value), interval })
  }
  return figures.reverse()
}

const aboutSeries = ({ suite, test, arm, over, indicator, unit, form, environment, settings }: Row) => ({
  ...{ suite: String(suite), test: String(test), arm: String(arm), over: over === '' ? null : String(over) },
  ...{ indicator: String(indicator), unit: String(unit), form: form as Figure['form'] },
  ...{ environment: String(environment), settings: String(settings) },
})

const toSource = ({ commit, ref, dirty }: Row): Source | null =>
  typeof commit === 'string' ? { commit, ref: ref === null ? null : String(ref), dirty: dirty === 1 } : null

const toRun = (row: Row): RunRow => ({
  id: String(row.id),
  path: String(row.path),
  startedAt: String(row.startedAt),
  durationMs: Number(row.durationMs),
  outcome: row.outcome as Outcome,
  profile: String(row.profile),
  cluster: String(row.cluster),
  suites: row.suites === '' ? [] : String(row.suites).split('\n'),
  environment: row.environment === null ? null : String(row.environment),
  source: toSource(row),
})
