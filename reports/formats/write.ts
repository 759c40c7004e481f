import type { RunRecord } from '../record.ts'
import { systemReason } from '../write-file.ts'
import { type FormatName, formatNames, formats, ownFormatNames } from './index.ts'

export interface Written {
  /** The paths of what was written. */
  files: string[]
  /** A sentence for each format that could not be. */
  failures: Partial<Record<FormatName, string>>
}

/** Writes a record in several formats, itself first. What one cannot write costs none of the others. */
export async function writeReports(
  record: RunRecord,
  dir: string,
  names: readonly FormatName[] = ownFormatNames,
): Promise<Written> {
  const written: Written = { files: [], failures: {} }
  for (const name of formatNames.filter((one) => names.includes(one))) {
    try {
      written.files.push(await formats[name].write(record, dir))
    } catch (error) {
      written.failures[name] = notWritten(formats[name].file, error)
    }
  }
  return written
}

export const notWritten = (file: string, error: unknown) => `${file} could not be written: ${systemReason(error)}`
