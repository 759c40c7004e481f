import type { z } from 'zod'
import { wrongFields } from '../clusters/settings.ts'
import { HarnessError } from './errors.ts'

export { fields, withoutUsers } from '../clusters/settings.ts'

/** Validates once, at the edge. Throws HarnessError CONFIG_INVALID that names every wrong field, what was received and what is allowed. */
export function parseConfig<T extends z.ZodType>(schema: T, input: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(input, { reportInput: true })
  if (parsed.success) return parsed.data
  throw new HarnessError('CONFIG_INVALID', wrongFields(parsed.error, what, input))
}
