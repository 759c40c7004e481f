import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite'
import { SchedulerError } from '../input.ts'
import { type MetricName, metricNames, metrics, type Values } from './definitions.ts'
import { type Point, pointsOf, type Reading } from './rates.ts'
import type { Sample } from './sample.ts'
import { type Statistics, statisticsOf } from './statistics.ts'

/** How long samples are kept, and how many at most. The oldest go first. */
export interface Retention {
  maxAgeMs: number
  maxRows: number
}

/** A week, and at most what a sample each second makes in about three days. */
export const defaultRetention: Retention = { maxAgeMs: 7 * 24 * 3_600_000, maxRows: 250_000 }

/** Whose samples, from when until when; times are ms since 1970, both included. */
export interface Window {
  source: string
  sinceMs: number
  untilMs: number
}

export interface StoredSample extends Reading {
  source: string
  /** A userspace scheduler sent it, or the kernel was read. */
  origin: 'scheduler' | 'kernel'
  extra: Record<string, unknown>
}

const schemaVersion = 1
const columns = metricNames.join(', ')

const schema = `
  CREATE TABLE IF NOT EXISTS sample (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, source TEXT NOT NULL, origin TEXT NOT NULL, extra TEXT NOT NULL,
    ${metricNames.map((name) => `${name} INTEGER`).join(', ')}
  ) STRICT;
  CREATE INDEX IF NOT EXISTS sample_of_source ON sample (source, at_ms, id);
  CREATE INDEX IF NOT EXISTS sample_age ON sample (at_ms);
  PRAGMA user_version = ${schemaVersion};`

/** Keeps the samples of any number of sources in one SQLite file. A source is one scheduler: counters of two are never mixed. */
export class MetricsStore implements Disposable {
  readonly #database: DatabaseSync
  readonly #retention: Retention

  /** @throws SchedulerError SCHEDULER_STORE_UNUSABLE when the file is no such store, or cannot be opened. */
  constructor(file: string, retention = defaultRetention) {
    this.#retention = retention
    try {
      this.#database = new DatabaseSync(file, { timeout: 5000 })
      this.#open()
    } catch (cause) {
      throw new SchedulerError('SCHEDULER_STORE_UNUSABLE', `metrics cannot be kept in ${file}: ${words(cause)}`, {
        cause,
      })
    }
  }

  #open() {
    const version = this.#database.prepare('PRAGMA user_version').get()?.user_version
    if (version !== 0 && version !== schemaVersion)
      throw new Error(`it has version ${version}, and this meshmark reads version ${schemaVersion}; move the file away`)
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    this.#database.exec(schema)
  }

  /**
   * Stores all samples or none, and forgets what retention does not cover. Those that say no time have the time `nowMs`.
   *
   * @throws SchedulerError SCHEDULER_STORE_FULL when there is no room; SCHEDULER_STORE_UNUSABLE when it cannot be written.
   */
  add(
    samples: readonly Sample[],
    {
      source,
      origin = 'scheduler' as StoredSample['origin'],
      nowMs = Date.now(),
    }: {
      source: string
      origin?: StoredSample['origin']
      nowMs?: number
    },
  ): StoredSample[] {
    const stored = samples.map(({ values, extra, atMs }) => ({ values, extra, atMs: atMs ?? nowMs, source, origin }))
    const marks = Array.from({ length: 4 + metricNames.length }, () => '?').join(', ')
    const insert = this.#database.prepare(
      `INSERT INTO sample (at_ms, source, origin, extra, ${columns}) VALUES (${marks})`,
    )
    this.#transaction(() => {
      for (const { atMs, values, extra } of stored)
        insert.run(atMs, source, origin, JSON.stringify(extra), ...metricNames.map((name) => toColumn(values[name])))
      this.#forget(nowMs)
    })
    return stored
  }

  /** The newest samples, the newest first. */
  newest({ source, limit }: { source?: string; limit: number }): StoredSample[] {
    const where = source === undefined ? '' : 'WHERE source = ?'
    const args = source === undefined ? [limit] : [source, limit]
    return this.#rows(`${where} ORDER BY at_ms DESC, id DESC LIMIT ?`, args).map(toSample)
  }

  /** Points in the order of their times. The first has a rate when a sample before the window is kept. */
  points(metric: MetricName, { source, sinceMs, untilMs }: Window): Point[] {
    const before = this.#rows(
      `WHERE source = ? AND at_ms < ? AND ${metric} IS NOT NULL ORDER BY at_ms DESC, id DESC LIMIT 1`,
      [source, sinceMs],
    )
    const within = this.#rows('WHERE source = ? AND at_ms BETWEEN ? AND ? ORDER BY at_ms, id', [
      source,
      sinceMs,
      untilMs,
    ])
    return pointsOf(metric, [...before, ...within].map(toSample)).filter(({ atMs }) => atMs >= sinceMs)
  }

  statistics(metric: MetricName, window: Window): Statistics {
    return statisticsOf(this.points(metric, window))
  }

  /** Everyone who has samples here. */
  sources(): string[] {
    const rows = this.#database.prepare('SELECT DISTINCT source FROM sample ORDER BY source').all()
    return rows.map(({ source }) => String(source))
  }

  [Symbol.dispose]() {
    this.#database.close()
  }

  #rows(rest: string, args: SQLInputValue[]) {
    const select = this.#database.prepare(`SELECT at_ms, source, origin, extra, ${columns} FROM sample ${rest}`)
    select.setReadBigInts(true)
    return select.all(...args)
  }

  /** Numbers of rows are given out once and in order, so the newest `maxRows` are those above a number. */
  #forget(nowMs: number) {
    const { maxAgeMs, maxRows } = this.#retention
    this.#database.prepare('DELETE FROM sample WHERE at_ms < ?').run(nowMs - maxAgeMs)
    this.#database.prepare('DELETE FROM sample WHERE id <= (SELECT max(id) FROM sample) - ?').run(maxRows)
  }

  #transaction(work: () => void) {
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      work()
      this.#database.exec('COMMIT')
    } catch (cause) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      const isFull = (cause as { errcode?: number }).errcode === sqliteFull
      const code = isFull ? 'SCHEDULER_STORE_FULL' : 'SCHEDULER_STORE_UNUSABLE'
      throw new SchedulerError(code, `nothing was stored: ${words(cause)}`, { cause })
    }
  }
}

/** SQLITE_FULL of https://www.sqlite.org/rescode.html. */
const sqliteFull = 13

const words = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))

/** SQLite has no unsigned numbers: the upper half of 64 bits is kept as negative ones. */
const toColumn = (value: bigint | undefined) => (value === undefined ? null : BigInt.asIntN(64, value))

function toSample(row: Record<string, SQLOutputValue>): StoredSample {
  const present = metricNames.filter((name) => typeof row[name] === 'bigint')
  const values: Values = Object.fromEntries(
    present.map((name) => [name, BigInt.asUintN(metrics[name].bits, row[name] as bigint)]),
  )
  return {
    atMs: Number(row.at_ms),
    source: String(row.source),
    origin: row.origin === 'kernel' ? 'kernel' : 'scheduler',
    extra: JSON.parse(String(row.extra)),
    values,
  }
}
