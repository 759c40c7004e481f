import { z } from 'zod'
import { fields } from '../../config.ts'
import { duration } from '../../units.ts'
import { readText } from './files.ts'

const highest = 10_000_000
const maxSteps = 100
const maxRecordedArrivals = 1_000_000

const positive = z
  .number({ error: 'a number of requests a second above 0' })
  .positive('above 0')
  .max(highest, `at most ${highest} requests a second`)
const orNone = z
  .number({ error: 'a number of requests a second' })
  .nonnegative('at least 0')
  .max(highest, `at most ${highest} requests a second`)

const ramp = fields({ from: orNone, to: orNone }).refine(({ from, to }) => from + to > 0, {
  error: 'one of from and to above 0',
})

const steps = fields({
  steps: z
    .array(
      fields({ rate: orNone, duration }).transform((step) => ({ rate: step.rate, durationMs: step.duration })),
      { error: 'a list of { rate, duration }' },
    )
    .min(1, 'at least one step')
    .max(maxSteps, `at most ${maxSteps} steps`)
    .refine((list) => list.some(({ rate }) => rate > 0), { error: 'at least one step with a rate above 0' }),
})

const bursts = fields({
  burst: z.int({ error: 'a whole number of requests' }).min(1, 'at least 1').max(1_000_000, 'at most 1000000'),
  every: duration,
  base: orNone.default(0),
}).transform(({ every, ...burst }) => ({ ...burst, everyMs: every }))

const recording = fields({
  replay: z.string({ error: 'the name of a file' }).min(1, 'the name of a file'),
}).transform(({ replay }, context) => ({ replay, arrivalsMs: readRecording(replay, context, ['replay']) }))

/** A rate: of one number, or of arrivals that are spread otherwise. A recording is the name of its file, which is read here. */
export const rateField = z.union([positive, ramp, steps, bursts, recording], {
  error: 'a number, { from, to }, { steps }, { burst, every, base? } or { replay }',
})

/**
 * Reads a recorded arrival file: one arrival a line in the order of time, "1.25" or "1.25s" in seconds or "1250ms" in milliseconds
 * since the start. Returns milliseconds; adds an issue to `context` that names the first line that is wrong.
 */
function readRecording(file: string, context: z.core.$RefinementCtx, path: string[]): number[] {
  const fail = (message: string) => {
    context.issues.push({ code: 'custom', input: file, message, path })
    return []
  }
  const text = readText(file)
  if (text === undefined) return fail('a file that can be read; this one cannot')
  const lines = text.split('\n').map((line) => line.trim())
  while (lines.at(-1) === '') lines.pop()
  if (lines.length === 0) return fail('a file with an arrival on each line; this one is empty')
  if (lines.length > maxRecordedArrivals)
    return fail(`at most ${maxRecordedArrivals} arrivals; this file has ${lines.length}`)
  const arrivalsMs: number[] = []
  for (const [i, line] of lines.entries()) {
    const ms = millisecondsOf(line)
    if (ms === undefined)
      return fail(`line ${i + 1} is ${JSON.stringify(line.slice(0, 40))}, not a time such as 1.25, 1.25s or 1250ms`)
    if (ms < (arrivalsMs.at(-1) ?? 0)) return fail(`line ${i + 1}, ${line}, is earlier than the line before it`)
    arrivalsMs.push(ms)
  }
  return arrivalsMs
}

function millisecondsOf(line: string): number | undefined {
  const match = /^(\d+(?:\.\d*)?(?:e-?\d+)?)(s|ms)?$/.exec(line)
  return match ? Number(match[1]) * (match[2] === 'ms' ? 1 : 1000) : undefined
}
