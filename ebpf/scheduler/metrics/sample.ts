import { z } from 'zod'
import { fields, parseInput } from '../input.ts'
import { type MetricName, metricNames, metrics, type Values } from './definitions.ts'

/** What a scheduler's client sent at one time. */
export interface Sample {
  values: Values
  /** Fields that we do not know, as they were sent. */
  extra: Record<string, unknown>
  /** When it was measured, ms since 1970; null: the sender did not say. */
  atMs: number | null
}

const longestBatch = 1000
const largestExtraBytes = 4096
/** Clocks of other machines are not ours to the second. */
const aheadMs = 60_000

const sentNames = metricNames.filter((name) => metrics[name].origin === 'scheduler')
const sentFields: ReadonlySet<string> = new Set([...sentNames, 'timestamp'])

const sampleSchema = z
  .looseObject(
    {
      ...(Object.fromEntries(sentNames.map((name) => [name, count(metrics[name].bits).optional()])) as Record<
        MetricName,
        z.ZodOptional<ReturnType<typeof count>>
      >),
      timestamp: z.iso
        .datetime({ offset: true, error: 'a time as in RFC 3339: 2026-01-31T12:00:00Z' })
        .refine((time) => !(Date.parse(time) > Date.now() + aheadMs), 'a time that is not in the future')
        .optional(),
    },
    'an object with the fields of the metrics',
  )
  .refine((sample) => sentNames.some((name) => name in sample), `at least one of ${sentNames.join(', ')}`)
  .refine(
    (sample) => JSON.stringify(unknownOf(sample)).length <= largestExtraBytes,
    `unknown fields of at most ${largestExtraBytes} bytes together`,
  )
  .transform(
    (sample): Sample => ({
      values: Object.fromEntries(sentNames.flatMap((name) => (name in sample ? [[name, sample[name]]] : []))),
      extra: unknownOf(sample),
      atMs: sample.timestamp === undefined ? null : Date.parse(sample.timestamp),
    }),
  )

const batchSchema = fields({
  metrics: z
    .array(sampleSchema, 'a list of metrics')
    .min(1, 'at least one')
    .max(longestBatch, `at most ${longestBatch} at once`),
})

/**
 * Reads one sample, or a batch: a list of samples, alone or as `{ metrics: […] }`. Counts are whole numbers; above 2^53 they come
 * as text, which `exactJson` makes of them. Fields that we do not know are kept.
 *
 * @throws SchedulerError SCHEDULER_INPUT_INVALID that names every wrong field.
 */
export function parseSamples(input: unknown): Sample[] {
  if (Array.isArray(input)) return parseInput(batchSchema, { metrics: input }, 'metrics').metrics
  const isBatch = typeof input === 'object' && input !== null && 'metrics' in input
  return isBatch ? parseInput(batchSchema, input, 'metrics').metrics : [parseInput(sampleSchema, input, 'metrics')]
}

/** `JSON.parse` that keeps whole numbers beyond 2^53 exact, as text: clients in Go write a uint64 as a number. */
export function exactJson(text: string): unknown {
  const revive = (_: string, value: unknown, { source }: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '') ? source : value
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown)
}

/** A count for JSON: a number as far as one is exact, text above 2^53. */
export const countForJson = (count: bigint): number | string =>
  count <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(count) : String(count)

/** An unsigned number of so many bits. */
export function count(bits: 32 | 64) {
  const max = 2n ** BigInt(bits) - 1n
  const exact = bits === 64 ? '; above 2^53 as text, so that it stays exact' : ''
  const error = `a whole number from 0 to ${max}${exact}`
  return z
    .union([z.int(error).min(0, error), z.string().regex(/^\d{1,20}$/, error)], error)
    .transform(BigInt)
    .refine((value) => value <= max, error)
}

const unknownOf = (sample: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(sample).filter(([name]) => !sentFields.has(name)))
