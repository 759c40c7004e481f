import { z } from 'zod'

export type SchedulerErrorCode =
  /** Something that was sent is wrong; `fields` names it. */
  | 'SCHEDULER_INPUT_INVALID'
  /** The machine cannot do what was asked. */
  | 'SCHEDULER_UNAVAILABLE'
  | 'SCHEDULER_STORE_UNUSABLE'
  /** No room left for metrics; nothing of what was sent is stored. */
  | 'SCHEDULER_STORE_FULL'
  /** Another living process applies strategies from the same folder. */
  | 'SCHEDULER_BUSY'

/** A field that was refused: where it stands (`metrics.3.nr_queued`), and what was received and what is allowed. */
export interface WrongField {
  path: string
  message: string
}

/** The scheduler's part failed. The message says what, what was received, and what to do. */
export class SchedulerError extends Error {
  readonly code: SchedulerErrorCode
  readonly fields: readonly WrongField[]
  constructor(code: SchedulerErrorCode, message: string, options?: ErrorOptions & { fields?: readonly WrongField[] }) {
    super(message, options)
    this.name = 'SchedulerError'
    this.code = code
    this.fields = options?.fields ?? []
  }
}

/**
 * Checks what came from outside; `what` heads the message.
 *
 * @throws SchedulerError SCHEDULER_INPUT_INVALID that names every wrong field, what was received and what is allowed.
 */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  throw invalidInput(
    what,
    parsed.error.issues.flatMap((issue) => wrongFields(issue, input)),
  )
}

/** The error that names wrong fields; `what` heads its message. */
export function invalidInput(what: string, fields: readonly WrongField[]): SchedulerError {
  const lines = fields.map(({ path, message }) => `  ${path}: ${message}`)
  const head = `${what}: ${fields.length} wrong ${fields.length === 1 ? 'field' : 'fields'}`
  return new SchedulerError('SCHEDULER_INPUT_INVALID', [head, ...lines].join('\n'), { fields })
}

/** A strict object: the error of an unknown key names those it knows. */
export const fields = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? `no such field; one of: ${Object.keys(shape).join(', ')}` : 'an object',
  })

function wrongFields(issue: z.core.$ZodIssue, input: unknown): WrongField[] {
  const at = (path: readonly PropertyKey[]) => path.map(String).join('.') || '(value)'
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: at([...issue.path, key]), message: issue.message }))
  // As it was sent: rules over several fields are checked after defaults were filled in.
  const received = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  )
  return [{ path: at(issue.path), message: `received ${shown(received)}; ${issue.message}` }]
}

const longestShown = 200

/** What was received: not at any length, and without the users and passwords of URLs. */
function shown(input: unknown): string {
  if (input === undefined) return 'nothing'
  const text = JSON.stringify(input, (_, value) => (typeof value === 'bigint' ? String(value) : value)) ?? typeof input
  const safe = text.replace(/(:\/\/)[^/?#\s"]*@/g, '$1')
  return safe.length > longestShown ? `${safe.slice(0, longestShown)}…` : safe
}
