import { dirname, resolve } from 'node:path'
import { cachePath } from '../../clusters/cache.ts'
import { recordText } from '../../reports/formats/json.ts'
import type { RunRecord } from '../../reports/record.ts'
import { defaultStore, parseLocation, storeVariable } from '../../reports/store/location.ts'
import { addRecord, openArchive, openStore, type Store } from '../../reports/store/store.ts'
import { figuresOf } from '../verdict/figures.ts'

const placeOf = (location = process.env[storeVariable] ?? defaultStore) => location
const cacheFolder = () => cachePath(['stores'])

/**
 * Opens the store that was named, else that of MESHMARK_STORE, else the folder in which runs leave their files. Dispose of it. Throws
 * ReportError STORE_INVALID, or STORE_UNAVAILABLE.
 */
export const openRuns = (location?: string): Promise<Store> =>
  openStore(placeOf(location), { figuresOf, cacheFolder: cacheFolder() })

/** A store's location as seen from a folder; null where none is named. Throws ReportError STORE_INVALID. */
export function storeLocation(named = process.env[storeVariable], root = process.cwd()): string | null {
  if (named === undefined) return null
  const where = parseLocation(named)
  return 'folder' in where ? resolve(root, where.folder) : named
}

/** Tries whether a run's record could be added to its store: what cannot be kept is known before anything is measured. Throws as `openRuns`. */
export async function checkStore(store: string | null): Promise<void> {
  if (store !== null) await (await openArchive(store, cacheFolder())).check()
}

/** Adds a record to the run's store, unless it names none, or the run's own folder is in it. Returns where it is. Throws ReportError. */
export async function addToStore(
  record: RunRecord,
  { store, out }: { store: string | null; out: string },
): Promise<string | null> {
  if (store === null || dirname(out) === store) return null
  return (await openArchive(store, cacheFolder())).add(record, recordText(record))
}

/** As `addToStore`, of a record's text that may be of an older version, which stays as it is; `source` is named in errors. The store is as for `openRuns`. */
export const addText = async (text: string, source: string, location?: string): Promise<string> =>
  addRecord(await openArchive(placeOf(location), cacheFolder()), text, source)
