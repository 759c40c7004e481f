import { z } from 'zod'
import { ClusterError } from './errors.ts'

/**
 * Checks a provider's settings.
 *
 * @throws ClusterError CLUSTER_CONFIG_INVALID that names every wrong field, what was received and what is allowed.
 */
export function parseSettings<T extends z.ZodType>(schema: T, input: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(input ?? {}, { reportInput: true })
  if (parsed.success) return parsed.data
  throw new ClusterError('CLUSTER_CONFIG_INVALID', wrongFields(parsed.error, what, input))
}

/** How a field is called where it was written in another form, such as a flag, and what was written there; absent where it is as it was read. */
export type FieldName = (path: readonly PropertyKey[]) => { name: string; received?: unknown; allowed?: string }

const asPath: FieldName = (path) => ({ name: path.join('.') || '(value)' })

/**
 * One message that names every wrong field of `input`, what was received and what is allowed. What a field that is wrong asks of others is
 * left out: it may come of that. Parse with `reportInput`.
 */
export function wrongFields({ issues }: z.ZodError, what: string, input: unknown, called = asPath): string {
  const faults: Fault[] = []
  for (const issue of issues) {
    const shown = issue.code === 'custom' ? { ...issue, input: asWritten(issue, input) } : issue
    const known = ({ path, isRule }: Fault) => isRule && faults.some((before) => isWithin(before.path, path))
    faults.push(...describe(shown, called).filter((fault) => !known(fault)))
  }
  const lines = faults.map(({ line }) => line)
  return `${what}: ${lines.length} wrong ${lines.length === 1 ? 'field' : 'fields'}\n${lines.join('\n')}`
}

/** A strict object. The error of an unknown key names those it knows; `noun` is what its keys are. */
export const fields = <T extends z.ZodRawShape>(shape: T, noun = 'field') =>
  z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? `no such ${noun}; ${Object.keys(shape).length === 0 ? 'there are none' : `one of: ${Object.keys(shape).join(', ')}`}`
        : 'an object',
  })

/** A duration was read into milliseconds before it was found wrong beside others: it is shown as it was written. */
function asWritten({ path, input }: z.core.$ZodIssue, whole: unknown): unknown {
  const written = path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    whole,
  )
  return typeof written === 'string' && /^[\d.]+(ms|s|m|h)$/.test(written) ? written : input
}

/** A line of the message, about what is at `path`. */
interface Fault {
  path: readonly PropertyKey[]
  line: string
  /** More than the shape of one field. */
  isRule: boolean
}

/** Whether a field is another one, or a part of it. What is wrong with the whole input is about nothing in it. */
const isWithin = (path: readonly PropertyKey[], other: readonly PropertyKey[]) =>
  other.length > 0 && other.every((key, i) => path[i] === key)

function describe(issue: z.core.$ZodIssue, called: FieldName): Fault[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const path = [...issue.path, key]
      return { path, line: `  ${called(path).name}: ${issue.message}`, isRule: false }
    })
  if (issue.code === 'invalid_union') {
    // What is wrong with the one form that was meant is worth more than that none fits.
    const alike = issue.errors.filter((errors) => !errors.some(isOfAnotherType))
    const sameFields = alike.filter((errors) => !errors.some(isOfOtherFields))
    const [meant, ...others] = alike.length > 1 ? sameFields : alike
    if (meant && others.length === 0)
      return meant.flatMap((one) => describe({ ...one, path: [...issue.path, ...one.path] }, called))
  }
  const { name, received = issue.input, allowed = issue.message } = called(issue.path)
  const line = `  ${name}: received ${received === undefined ? 'nothing' : shown(received)}; ${allowed}`
  return [{ path: issue.path, line, isRule: issue.code === 'custom' }]
}

const longestShown = 300

/** A text without the users and passwords of the URLs in it. */
export const withoutUsers = (text: string): string => text.replace(/(:[/\\]+)[^/\\?#\s"]*@/g, '$1')

/** What was received, not at any length. */
function shown(input: unknown): string {
  const text = withoutUsers(JSON.stringify(input))
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text
}

function isOfOtherFields({ code, path }: z.core.$ZodIssue): boolean {
  return code === 'unrecognized_keys' && path.length === 0
}

function isOfAnotherType({ code, path }: z.core.$ZodIssue): boolean {
  return code === 'invalid_type' && path.length === 0
}
