import { ReportError } from '../errors.ts'
import type { RunRecord } from '../record.ts'

/** A run's id, as the name of a folder or a part of a key. Throws ReportError STORE_INVALID where it cannot be one. */
export function runName({ run: { id } }: RunRecord): string {
  if (/^[a-z0-9][\w.-]{0,127}$/i.test(id)) return id
  const allowed = 'letters, digits, "-", "_" and ".", 128 at most, and a letter or digit first'
  throw new ReportError('STORE_INVALID', `run.id: received ${JSON.stringify(id)}; in a store an id has ${allowed}`)
}
