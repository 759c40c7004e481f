import { ReportError } from '../errors.ts'
import type { Figure } from '../figures.ts'
import type { RunRecord } from '../record.ts'
import { parseRecordText } from '../store.ts'
import type { Archive, Entry } from './archive.ts'
import { FolderArchive } from './folder.ts'
import { parseLocation } from './location.ts'
import { selectEntry, selectFigures, selectNamed, selectRuns, selectUnreadable } from './queries.ts'
import { RunIndex } from './run-index.ts'
import type { FigureFilter, RunFilter, RunRow, Unreadable } from './run-row.ts'

export interface StoreSettings {
  /** What is kept of each run beside its record. */
  figuresOf: (record: RunRecord) => Figure[]
  /** Keeps what is known of stores that are elsewhere. */
  cacheFolder: string
}

/** Where the records of runs are kept: a folder, or "s3://bucket/prefix". Throws ReportError STORE_INVALID when it is neither. */
export async function openArchive(location: string, cacheFolder: string): Promise<Archive> {
  const where = parseLocation(location)
  if ('folder' in where) return new FolderArchive(where.folder)
  // Its library takes longer to load than a folder of thousands to list.
  const { S3Archive } = await import('./s3.ts')
  return new S3Archive(where, cacheFolder)
}

/**
 * Keeps a record, given as the text of its file; `source` is named in errors. Returns where it is; one that is there already stays.
 * Throws ReportError RECORD_INVALID, STORE_CONFLICT when the run is there with another record, STORE_INVALID, or STORE_UNAVAILABLE.
 */
export const addRecord = async (archive: Archive, text: string, source: string): Promise<string> =>
  archive.add(parseRecordText(text, source), text)

/**
 * Opens a store with its index up to date; a folder that is not there is an empty one. Throws ReportError STORE_INVALID, or
 * STORE_UNAVAILABLE.
 */
export async function openStore(location: string, { figuresOf, cacheFolder }: StoreSettings): Promise<Store> {
  const archive = await openArchive(location, cacheFolder)
  const store = new Store(archive, new RunIndex(archive, figuresOf))
  try {
    await store.update()
    return store
  } catch (error) {
    store[Symbol.dispose]()
    throw error
  }
}

/** Records of runs, and what is asked of many of them at once. */
export class Store implements Disposable {
  readonly #archive: Archive
  readonly #index: RunIndex

  constructor(archive: Archive, index: RunIndex) {
    this.#archive = archive
    this.#index = index
  }

  get location(): string {
    return this.#archive.location
  }

  /** Takes in what others have added or removed since. Throws ReportError as `openStore`. */
  update(): Promise<void> {
    return this.#index.update()
  }

  /** The runs that fit, the newest first. */
  runs(filter: RunFilter = {}): Promise<RunRow[]> {
    return this.#index.ask((database) => selectRuns(database, filter))
  }

  /** Records that are left out of everything else, and why. */
  unreadable(): Promise<Unreadable[]> {
    return this.#index.ask(selectUnreadable)
  }

  /** The figures that fit, series by series, of each the oldest run first. */
  figures(filter: FigureFilter = {}): Promise<Figure[]> {
    return this.#index.ask((database) => selectFigures(database, filter))
  }

  /** A run by its id, by what only its id begins with, or "latest". Throws ReportError RECORD_NOT_FOUND naming those that fit. */
  async find(name: string): Promise<RunRow> {
    const fitting =
      name === 'latest' ? await this.runs({ limit: 1 }) : await this.#index.ask((of) => selectNamed(of, name))
    const [run, ...more] = fitting
    if (run && more.length === 0) return run
    throw new ReportError('RECORD_NOT_FOUND', run ? ambiguous(name, fitting) : await this.#unknown(name))
  }

  /** The record of a run, named as for `find`. Throws ReportError RECORD_NOT_FOUND, or as `openStore`. */
  async read(name: string): Promise<RunRecord> {
    const { path } = await this.find(name)
    const entry = await this.#index.ask((database) => selectEntry(database, path))
    return parseRecordText(await this.#archive.read(entry as Entry), `${this.location}/${path}`)
  }

  [Symbol.dispose](): void {
    this.#index[Symbol.dispose]()
  }

  async #unknown(name: string): Promise<string> {
    const newest = (await this.runs({ limit: 3 })).map(({ id }) => id)
    const there = newest.length === 0 ? 'there are no runs in it' : `the newest are ${newest.join(', ')}`
    return `no run ${name} in ${this.location}: ${there}`
  }
}

const ambiguous = (name: string, fitting: readonly RunRow[]) =>
  `${name} begins the ids of ${fitting.length} runs: ${fitting
    .slice(0, 5)
    .map(({ id }) => id)
    .join(', ')}${fitting.length > 5 ? ', …' : ''}`
