import type { RunRecord } from './record.ts'

/** One way to write a run record for people or for other tools. */
export interface ReportFormat {
  /** Where it is written, relative to the folder of the run. */
  file: string
  /** Makes the folder where needed; returns the path written. What was there stays until all of the new is on the disk. */
  write(record: RunRecord, dir: string): Promise<string>
}
