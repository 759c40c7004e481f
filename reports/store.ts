import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ReportError } from './errors.ts'
import { type RunRecord, recordSchema, recordSchemaVersion } from './record.ts'

export const recordFile = 'record.json'

/** Reads a record from its file, or from the folder of its run. Throws ReportError RECORD_NOT_FOUND or RECORD_INVALID. */
export async function loadRecord(path: string): Promise<RunRecord> {
  const file = (await isFolder(path)) ? join(path, recordFile) : path
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const next = cause.code === 'ENOENT' ? 'give the --out folder of a run, or its record.json' : cause.message
    throw new ReportError('RECORD_NOT_FOUND', `no run record at ${file}: ${next}`, { cause })
  })
  return parseRecord(parseJson(text, file), file)
}

/** Checks what claims to be a record; `source` is named in the error. Throws ReportError RECORD_INVALID. */
export function parseRecord(value: unknown, source: string): RunRecord {
  const version = z.object({ schemaVersion: z.number() }).safeParse(value).data?.schemaVersion
  if (version !== undefined && version > recordSchemaVersion)
    throw new ReportError(
      'RECORD_INVALID',
      `${source} has schema version ${version}, this meshmark reads up to ${recordSchemaVersion}: update meshmark`,
    )
  const { data, error } = recordSchema.safeParse(value)
  if (data) return data
  const wrong = error.issues.map(({ path, message }) => `  ${path.join('.') || 'the whole'}: ${message}`)
  throw new ReportError('RECORD_INVALID', [`${source} is no valid run record:`, ...wrong].join('\n'), { cause: error })
}

const isFolder = (path: string) =>
  stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  )

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ReportError('RECORD_INVALID', `${file} is no JSON: ${(cause as Error).message}`, { cause })
  }
}
