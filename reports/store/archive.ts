import type { RunRecord } from '../record.ts'

/** A record that is there, whole. */
export interface Entry {
  /** Where: below the archive's location, with "/" between its parts. */
  path: string
  /** Changes when somebody puts another record there. */
  stamp: string
}

/** Where the records of runs lie. They are immutable: written once, whole, and never over another. */
export interface Archive {
  /** As people name it: a folder, or "s3://bucket/prefix". */
  readonly location: string
  /** Of the index, which is a cache of the records. Null: nothing can be kept there, and the index lasts as long as the process. */
  indexFile(): string | null
  /** Throws ReportError STORE_INVALID or STORE_UNAVAILABLE where no record could be added. */
  check(): Promise<void>
  /** What is being written is not among them. Throws as `check`, of reading. */
  entries(): Promise<Entry[]>
  /** The text of a record. Throws ReportError RECORD_NOT_FOUND when it is gone, else as `entries`. */
  read(entry: Entry): Promise<string>
  /**
   * Returns where the record is, on the disk of the archive. One that is there already with the same text is left as it is. Throws
   * ReportError STORE_CONFLICT when there is another one in its place, else as `check`; then nothing is left of it.
   */
  add(record: RunRecord, text: string): Promise<string>
}
