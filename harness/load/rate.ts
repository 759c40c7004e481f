import { z } from 'zod'
import { fields } from '../config.ts'
import { maxRecordedArrivals, readRecording } from './recording.ts'

const highest = 10_000_000
const maxSteps = 100

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

const steps = <T extends z.ZodType<number>>(time: T) =>
  fields({
    steps: z
      .array(fields({ rate: orNone, duration: time }), { error: 'a list of { rate, duration }' })
      .min(1, 'at least one step')
      .max(maxSteps, `at most ${maxSteps} steps`)
      .refine((list) => list.some(({ rate }) => rate > 0), { error: 'at least one step with a rate above 0' }),
  })

const burst = <T extends z.ZodType<number>>(time: T) =>
  fields({
    burst: z.int({ error: 'a whole number of requests' }).min(1, 'at least 1').max(1_000_000, 'at most 1000000'),
    every: time,
    base: orNone.default(0),
  })

const forms = { error: 'a number, { from, to }, { steps }, { burst, every, base? } or { replay }' }

/** A rate as people write it: durations have units, and a recording is the name of its file, which is read here. */
export const writtenRate = <T extends z.ZodType<number>>(time: T) =>
  z.union(
    [
      positive,
      ramp,
      steps(time),
      burst(time),
      fields({ replay: z.string({ error: 'the name of a file' }).min(1, 'the name of a file') }).transform(
        ({ replay }, context) => ({ replay, arrivalsMs: readRecording(replay, context, ['replay']) }),
      ),
    ],
    forms,
  )

/** A rate as one process hands it to another. */
export const passedRate = <T extends z.ZodType<number>>(time: T) =>
  z.union(
    [
      positive,
      ramp,
      steps(time),
      burst(time),
      fields({ replay: z.string(), arrivalsMs: z.array(z.number().nonnegative()).max(maxRecordedArrivals) }),
    ],
    forms,
  )
