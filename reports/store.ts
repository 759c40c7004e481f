import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ReportError } from './errors.ts'
import { type RunRecord, recordSchema, recordSchemaVersion } from './record.ts'
import { fromV1, recordV1Schema } from './record-v1.ts'
import { oneLine } from './terminal-text.ts'

export const recordFile = 'record.json'

/**
 * Reads a record from its file, or from the folder of its run; one of an older schema version as it would be written today. Fields
 * that a newer meshmark has added are left out. Throws ReportError RECORD_NOT_FOUND or RECORD_INVALID.
 */
export async function loadRecord(path: string): Promise<RunRecord> {
  const file = await recordAt(path)
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const next = cause.code === 'ENOENT' ? 'give the --out folder of a run, or its record.json' : cause.message
    throw new ReportError('RECORD_NOT_FOUND', `no run record at ${file}: ${next}`, { cause })
  })
  return parseRecordText(text, file)
}

/** As `loadRecord`, of a record's text; `source` is named in the error. Throws ReportError RECORD_INVALID. */
export const parseRecordText = (text: string, source: string): RunRecord =>
  parseRecord(parseJson(text, source), source, readable)

/** The file of the record that is named by itself, or by the folder of its run. */
export const recordAt = async (path: string): Promise<string> =>
  (await isFolder(path)) ? join(path, recordFile) : path

/** Checks what claims to be a record; `source` is named in the error. Throws ReportError RECORD_INVALID. */
export function parseRecord(value: unknown, source: string, check: typeof checked = checked): RunRecord {
  const version = z.object({ schemaVersion: z.unknown() }).safeParse(value).data?.schemaVersion
  if (version === 1) return fromV1(check(recordV1Schema, value, source))
  if (version !== undefined && version !== recordSchemaVersion)
    throw new ReportError(
      'RECORD_INVALID',
      typeof version === 'number' && version > recordSchemaVersion
        ? `${source} has schema version ${version}, this meshmark reads up to ${recordSchemaVersion}: update meshmark`
        : `${source} has schema version ${JSON.stringify(version)}; this meshmark reads 1 to ${recordSchemaVersion}`,
    )
  return check(recordSchema, value, source)
}

function checked<T extends z.ZodType>(schema: T, value: unknown, source: string): z.output<T> {
  const { data, error } = schema.safeParse(value)
  if (!error) return data as z.output<T>
  const wrong = error.issues.map(({ path, message }) => `  ${oneLine(`${path.join('.') || 'the whole'}: ${message}`)}`)
  throw new ReportError('RECORD_INVALID', [`${source} is no valid run record:`, ...wrong].join('\n'), { cause: error })
}

/** As `checked`, of a record that may have fields which this meshmark does not know. */
function readable<T extends z.ZodType>(schema: T, value: unknown, source: string): z.output<T> {
  const unknown = unknownFields(schema.safeParse(value).error?.issues ?? [])
  return checked(schema, unknown === null ? value : without(unknown, value), source)
}

type Field = readonly PropertyKey[]

/** The fields that a schema does not know; null when something else is wrong. */
function unknownFields(issues: readonly z.core.$ZodIssue[]): Field[] | null {
  const found: Field[] = []
  for (const issue of issues) {
    const forms = issue.code === 'invalid_union' ? issue.errors.map(unknownFields) : []
    const inside =
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [key]) : forms.find((fields) => fields !== null)
    if (!inside) return null
    found.push(...inside.map((field) => [...issue.path, ...field]))
  }
  return found
}

/** A copy of a record that lacks these fields. */
function without(fields: readonly Field[], value: unknown): unknown {
  const copy = structuredClone(value)
  for (const field of fields) {
    const parent = field.slice(0, -1).reduce((of, key) => (of as Record<PropertyKey, unknown>)[key], copy)
    delete (parent as Record<PropertyKey, unknown>)[field.at(-1) as PropertyKey]
  }
  return copy
}

const isFolder = (path: string) =>
  stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  )

function parseJson(text: string, file: string): unknown {
  try {
    // Editors of Windows put a byte order mark before it.
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    // Another file than a record is not a part of one.
    const cutOff = text.trimStart().startsWith('{') && !text.trimEnd().endsWith('}')
    const what = cutOff ? `is no JSON: it is cut off after ${Buffer.byteLength(text)} bytes` : 'is no JSON'
    throw new ReportError('RECORD_INVALID', `${file} ${what}: ${oneLine((cause as Error).message)}`, { cause })
  }
}
