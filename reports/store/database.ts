import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** Raised when the tables change, or what figures are made of: the index is made anew then. */
const indexVersion = 3

/** How long one writer waits for another. */
const busyMs = 10_000

const tables = `
  CREATE TABLE entry (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, digest TEXT NOT NULL, reason TEXT) STRICT;
  CREATE TABLE run (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, path TEXT NOT NULL UNIQUE, startedMs INTEGER NOT NULL, startedAt TEXT NOT NULL,
    durationMs REAL NOT NULL, outcome TEXT NOT NULL, profile TEXT NOT NULL, cluster TEXT NOT NULL, suites TEXT NOT NULL,
    environment TEXT, "commit" TEXT, ref TEXT, dirty INTEGER
  ) STRICT;
  CREATE INDEX run_start ON run (startedMs, id);
  CREATE TABLE series (
    key INTEGER PRIMARY KEY, suite TEXT NOT NULL, test TEXT NOT NULL, arm TEXT NOT NULL, over TEXT NOT NULL, indicator TEXT NOT NULL,
    unit TEXT NOT NULL, form TEXT NOT NULL, environment TEXT NOT NULL, settings TEXT NOT NULL,
    UNIQUE (suite, test, arm, over, indicator, unit, form, environment, settings)
  ) STRICT;
  CREATE TABLE figure (
    series INTEGER NOT NULL, startedMs INTEGER NOT NULL, run INTEGER NOT NULL, place INTEGER NOT NULL,
    value REAL NOT NULL, low REAL, high REAL, PRIMARY KEY (series, startedMs, run, place)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX figure_run ON figure (run);
  CREATE TABLE look (digest TEXT NOT NULL) STRICT;
  PRAGMA user_version = ${indexVersion};`

/**
 * The tables of an index, made where there are none, and made anew where they are another version's. Null: in memory. Throws what
 * SQLite says where the file is none of its own, is broken, or cannot be written.
 */
export function openTables(file: string | null): DatabaseSync {
  const database = new DatabaseSync(file ?? ':memory:', { timeout: busyMs, enableForeignKeyConstraints: false })
  try {
    database.exec('PRAGMA synchronous = NORMAL; PRAGMA journal_mode = WAL')
    if (versionOf(database) !== indexVersion) transaction(database, () => makeAnew(database))
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

const versionOf = (database: DatabaseSync) => database.prepare('PRAGMA user_version').get()?.user_version

function makeAnew(database: DatabaseSync): void {
  // Another process may have done so meanwhile.
  if (versionOf(database) === indexVersion) return
  const there = database.prepare("SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'").all()
  const drop = (type: string) =>
    there
      .filter((one) => one.type === type)
      .map(({ name }) => `DROP ${type.toUpperCase()} "${String(name).replaceAll('"', '""')}";`)
  database.exec(['view', 'trigger', 'index', 'table'].flatMap(drop).join('\n'))
  database.exec(tables)
}

/** All of it or nothing, and one at a time: `work` sees what the one before has left. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const done = work()
    database.exec('COMMIT')
    return done
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** Removes what cannot be read. Who has it open goes on with what is gone, and finds the new one at the next start. */
export function removeTables(file: string): void {
  for (const part of ['', '-wal', '-shm']) rmSync(`${file}${part}`, { force: true })
}

/** Of https://www.sqlite.org/rescode.html: SQLITE_ERROR (tables are not as they should be), SQLITE_CORRUPT, SQLITE_NOTADB. */
const broken = [1, 11, 26]

/** Whether SQLite has found its file broken, which is healed by making it anew. */
export const isBroken = (error: unknown): boolean => broken.includes(primaryCode(error) ?? 0)

/** Whether SQLite has refused, for any reason. */
export const isOfDatabase = (error: unknown): boolean => primaryCode(error) !== null

/** Of an error of SQLite, without what its low byte is refined by. */
function primaryCode(error: unknown): number | null {
  const { errcode } = (error ?? {}) as { errcode?: unknown }
  return typeof errcode === 'number' ? errcode & 0xff : null
}
