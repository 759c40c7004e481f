import { z } from 'zod'
import { ClusterError } from './errors.ts'

/**
 * Checks what a provider was told.
 *
 * @throws ClusterError CLUSTER_CONFIG_INVALID that names every wrong field, what was received and what is allowed.
 */
export function parseSettings<T extends z.ZodType>(schema: T, input: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(input ?? {}, { reportInput: true })
  if (parsed.success) return parsed.data
  const lines = parsed.error.issues.flatMap(describe)
  const count = `${lines.length} wrong ${lines.length === 1 ? 'field' : 'fields'}`
  throw new ClusterError('CLUSTER_CONFIG_INVALID', `${what}: ${count}\n${lines.join('\n')}`)
}

/** A strict object that answers an unknown key with those it knows. */
export const fields = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? `no such field; one of: ${Object.keys(shape).join(', ')}` : 'an object',
  })

function describe(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `  ${[...issue.path, key].join('.')}: ${issue.message}`)
  const received = issue.input === undefined ? 'nothing' : JSON.stringify(issue.input)
  return [`  ${issue.path.join('.') || '(value)'}: received ${received}; ${issue.message}`]
}
