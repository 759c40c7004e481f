import { z } from 'zod'
import { HarnessError } from './errors.ts'

/** Validates once, at the edge. Throws HarnessError CONFIG_INVALID that names every wrong field, what was received and what is allowed. */
export function parseConfig<T extends z.ZodType>(schema: T, input: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(input, { reportInput: true })
  if (parsed.success) return parsed.data
  const lines = parsed.error.issues.flatMap((issue) => describe(issue))
  throw new HarnessError(
    'CONFIG_INVALID',
    `${what}: ${lines.length} wrong ${lines.length === 1 ? 'field' : 'fields'}\n${lines.join('\n')}`,
  )
}

/** A strict object: a key it does not know is answered with the ones it does. `noun` is what its keys are. */
export const fields = <T extends z.ZodRawShape>(shape: T, noun = 'field') =>
  z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? `no such ${noun}; one of: ${Object.keys(shape).join(', ')}` : 'an object',
  })

function describe(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.join('.')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `  ${[...issue.path, key].join('.')}: ${issue.message}`)
  const received = issue.input === undefined ? 'nothing' : JSON.stringify(issue.input)
  return [`  ${at === '' ? '(value)' : at}: received ${received}; ${issue.message}`]
}
