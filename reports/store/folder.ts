import { randomBytes } from 'node:crypto'
import { type Dirent, statSync } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ReportError } from '../errors.ts'
import type { RunRecord } from '../record.ts'
import { recordFile } from '../store.ts'
import { makeFolders, systemReason } from '../write-file.ts'
import type { Archive, Entry } from './archive.ts'
import { runName } from './run-name.ts'

const temporaryPrefix = '.adding-'
/** Nobody takes that long to write one; who began it was killed. */
const staleMs = 3_600_000

/** A folder that holds a folder for each run, with its record in it. New ones are named as their runs; those that are there have any name. */
export class FolderArchive implements Archive {
  readonly location: string

  constructor(folder: string) {
    this.location = folder
  }

  indexFile(): string | null {
    return statSync(this.location, { throwIfNoEntry: false })?.isDirectory()
      ? join(this.location, 'index.sqlite')
      : null
  }

  async check(): Promise<void> {
    try {
      makeFolders(this.location)
      await rmdir(await mkdtemp(join(this.location, temporaryPrefix)))
    } catch (cause) {
      throw new ReportError('STORE_INVALID', `the store ${this.location} cannot be written: ${systemReason(cause)}`, {
        cause,
      })
    }
  }

  async entries(): Promise<Entry[]> {
    const entries: Entry[] = []
    for (const { name } of await this.#folders()) {
      const path = `${name}/${recordFile}`
      // One by one in this thread: ten thousand take 20 ms, and a multiple of it by way of others.
      const file = statSync(`${this.location}/${path}`, { throwIfNoEntry: false })
      if (file?.isFile()) entries.push({ path, stamp: `${file.size}-${file.mtimeMs}-${file.ino}` })
    }
    return entries
  }

  async read({ path }: Pick<Entry, 'path'>): Promise<string> {
    const file = join(this.location, path)
    return readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'ENOENT' ? 'RECORD_NOT_FOUND' : 'STORE_UNAVAILABLE'
      throw new ReportError(code, `no run record can be read at ${file}: ${systemReason(cause)}`, { cause })
    })
  }

  async add(record: RunRecord, text: string): Promise<string> {
    const name = runName(record)
    const [target, temporary] = [
      join(this.location, name),
      join(this.location, `${temporaryPrefix}${name}-${randomBytes(4).toString('hex')}`),
    ]
    const path = join(target, recordFile)
    try {
      await this.check()
      await this.#removeStale()
      await mkdir(temporary)
      await writeToDisk(join(temporary, recordFile), text)
      // Unlike a file, a folder that holds something is never replaced.
      await rename(temporary, target)
      await flush(this.location)
      return path
    } catch (cause) {
      // Why it failed says more than that what is left of it cannot be removed.
      await rm(temporary, { recursive: true, force: true }).catch(() => {})
      if (!isOccupied(cause)) {
        if (cause instanceof ReportError) throw cause
        const why = systemReason(cause)
        throw new ReportError('STORE_UNAVAILABLE', `run ${name} could not be added to ${this.location}: ${why}`, {
          cause,
        })
      }
    }
    const there = await readFile(path, 'utf8').catch(() => null)
    if (there === text) return path
    const what =
      there === null ? `the folder ${target}, without a record` : `another record of the same run id, ${path}`
    throw new ReportError('STORE_CONFLICT', `run ${name} was not added: ${this.location} has ${what}`)
  }

  /** Names with a dot before them are not runs: what is being written. */
  async #folders(): Promise<Dirent[]> {
    try {
      const all = await readdir(this.location, { withFileTypes: true })
      return all.filter((entry) => !entry.name.startsWith('.') && !entry.isFile())
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code === 'ENOENT') return []
      throw new ReportError('STORE_INVALID', `the store ${this.location} cannot be read: ${systemReason(cause)}`, {
        cause,
      })
    }
  }

  async #removeStale(): Promise<void> {
    const left = (await readdir(this.location)).filter((name) => name.startsWith(temporaryPrefix))
    for (const name of left) {
      const folder = join(this.location, name)
      const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Date.now() }))
      if (Date.now() - mtimeMs > staleMs) await rm(folder, { recursive: true, force: true })
    }
  }
}

/** All of it, on the disk: what is found whole after a crash was accepted. */
async function writeToDisk(path: string, text: string): Promise<void> {
  await using file = await open(path, 'wx')
  await file.writeFile(text)
  await file.sync()
}

/** The names in a folder. */
async function flush(folder: string): Promise<void> {
  await using names = await open(folder)
  await names.sync()
}

const isOccupied = (error: unknown) => ['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')
