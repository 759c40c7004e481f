import { parseRecord, recordFile } from '../store.ts'
import { textFormat } from './text.ts'

// Validated before it is written: a record that nobody can read again is worse than none.
export const json = textFormat(
  recordFile,
  (record) => `${JSON.stringify(parseRecord(record, 'the record to be written'), null, 2)}\n`,
)
