import { ReportError } from '../errors.ts'

/** Where runs are kept when nothing else is said, relative to the working folder. */
export const defaultStore = 'meshmark-results'
export const storeVariable = 'MESHMARK_STORE'

export type StoreLocation = { folder: string } | { bucket: string; prefix: string }

/** A store's location as it was typed: a folder, or "s3://bucket/prefix". Throws ReportError STORE_INVALID. */
export function parseLocation(text: string): StoreLocation {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? []
  if (scheme === undefined && text !== '') return { folder: text }
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/+(.*))?$/.exec(text) ?? []
  if (bucket === undefined)
    throw new ReportError('STORE_INVALID', `store: received ${JSON.stringify(text)}; a folder, or s3://bucket/prefix`)
  return { bucket, prefix: prefix.replace(/\/+$/, '') }
}
