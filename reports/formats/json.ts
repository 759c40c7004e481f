import type { RunRecord } from '../record.ts'
import { parseRecord, recordFile } from '../store.ts'
import { textFormat } from './text.ts'

/** A record as it is written. Throws ReportError: one that nobody can read again is worse than none. */
export const recordText = (record: RunRecord) =>
  `${JSON.stringify(parseRecord(record, 'the record to be written'), null, 2)}\n`

export const json = textFormat(recordFile, recordText)
