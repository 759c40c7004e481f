import type { z } from 'zod'
import { type FieldName, wrongFields } from '../clusters/settings.ts'
import { HarnessError } from './errors.ts'

export { type FieldName, fields, withoutUsers } from '../clusters/settings.ts'

/** A field as the flag that sets it: "--max-duration". */
export const dashed = (field: string) => `--${field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/**
 * Validates once, at the edge. Throws HarnessError CONFIG_INVALID that names every wrong field, as it is `called` there, what was received
 * and what is allowed.
 */
export function parseConfig<T extends z.ZodType>(
  schema: T,
  input: unknown,
  what: string,
  called?: FieldName,
): z.output<T> {
  const parsed = schema.safeParse(input, { reportInput: true })
  if (parsed.success) return parsed.data
  throw new HarnessError('CONFIG_INVALID', wrongFields(parsed.error, what, input, called))
}
