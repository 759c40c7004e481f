import type { DatabaseSync } from 'node:sqlite'
import type { Figure } from '../figures.ts'
import type { RunRecord } from '../record.ts'
import type { Archive, Entry } from './archive.ts'
import { isBroken, isOfDatabase, openTables, removeTables, transaction } from './database.ts'
import { digestOf, type Indexed, indexed, lookOf, putRows, rememberLook, removeRows } from './rows.ts'

/** How many records are read at once, and how many of them go into the index at once: what was read when a process ends is not read again. */
const [together, batch] = [8, 64]

/**
 * What can be asked of many runs without reading their records: a cache of these in SQLite. It is made anew where it is lost, broken or of
 * another version, and lasts as long as the process where it cannot be kept.
 */
export class RunIndex implements Disposable {
  readonly #archive: Archive
  readonly #figuresOf: (record: RunRecord) => Figure[]
  #database: DatabaseSync

  constructor(archive: Archive, figuresOf: (record: RunRecord) => Figure[]) {
    this.#archive = archive
    this.#figuresOf = figuresOf
    this.#database = openOrMakeAnew(archive.indexFile())
  }

  /** Answers a question. */
  async ask<T>(question: (database: DatabaseSync) => T): Promise<T> {
    try {
      return question(this.#database)
    } catch (error) {
      if (!isBroken(error)) throw error
      await this.#makeAnew()
      return question(this.#database)
    }
  }

  /** Takes in what has come, and out what has gone, since the index was last up to date. Throws ReportError STORE_INVALID or STORE_UNAVAILABLE. */
  async update(): Promise<void> {
    try {
      await this.#update()
    } catch (error) {
      if (!isOfDatabase(error)) throw error
      if (isBroken(error)) await this.#makeAnew()
      // Full, read-only, or held by a writer that does not end: it is only a cache.
      else await this.#inMemory()
    }
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close()
  }

  async #update(): Promise<void> {
    const before = lookOf(this.#database)
    const entries = await this.#archive.entries()
    const digest = digestOf(entries.map(({ path, stamp }) => `${path}\n${stamp}\n`).join(''))
    if (digest === before.digest) return
    const there = new Set(entries.map(({ path }) => path))
    const known = this.#database.prepare('SELECT rowid, path, stamp FROM entry').all()
    // What another process has added meanwhile has not gone.
    const gone = known.filter(({ rowid, path }) => Number(rowid) <= before.newest && !there.has(String(path)))
    const stamps = new Map(known.map(({ path, stamp }) => [path, stamp]))
    for (const path of this.#remove(gone.map(({ path }) => String(path)))) stamps.delete(path)
    await this.#take(entries.filter(({ path, stamp }) => stamps.get(path) !== stamp).sort(byPath))
    transaction(this.#database, () => rememberLook(this.#database, digest, entries.length))
  }

  /** Returns what is to be read again: of two records of one run the one that goes gives way to the other. */
  #remove(gone: readonly string[]): string[] {
    if (gone.length === 0) return []
    return transaction(this.#database, () => {
      removeRows(this.#database, gone)
      const silent = this.#database.prepare('SELECT path FROM entry WHERE path NOT IN (SELECT path FROM run)').all()
      const again = silent.map(({ path }) => String(path))
      removeRows(this.#database, again)
      return again
    })
  }

  async #take(entries: readonly Entry[]): Promise<void> {
    for (let from = 0; from < entries.length; from += batch) {
      const read: Indexed[] = []
      const next = entries.slice(from, from + batch)
      for (let i = 0; i < next.length; i += together)
        read.push(...(await Promise.all(next.slice(i, i + together).map((entry) => this.#read(entry)))).flat())
      transaction(this.#database, () => putRows(this.#database, read))
    }
  }

  /** Nothing of a record that went meanwhile. */
  async #read(entry: Entry): Promise<Indexed[]> {
    try {
      return [indexed(entry, await this.#archive.read(entry), this.#figuresOf)]
    } catch (error) {
      if ((error as { code?: unknown }).code === 'RECORD_NOT_FOUND') return []
      throw error
    }
  }

  async #makeAnew(): Promise<void> {
    this.#database.close()
    const file = this.#archive.indexFile()
    if (file !== null) removeTables(file)
    this.#database = openOrMakeAnew(file)
    await this.#update()
  }

  async #inMemory(): Promise<void> {
    this.#database.close()
    this.#database = openTables(null)
    await this.#update()
  }
}

const byPath = (a: Entry, b: Entry) => (a.path < b.path ? -1 : 1)

function openOrMakeAnew(file: string | null): DatabaseSync {
  try {
    return openTables(file)
  } catch (error) {
    if (file === null || !isOfDatabase(error)) throw error
    if (!isBroken(error)) return openTables(null)
  }
  try {
    removeTables(file)
    return openTables(file)
  } catch {
    return openTables(null)
  }
}
