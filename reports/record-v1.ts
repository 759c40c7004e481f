import { z } from 'zod'
import { loadResultSchema, type Validity } from './load-result.ts'
import { reason } from './reasons.ts'
import {
  armSchema,
  type RunRecord,
  recordedExperimentSchema,
  recordSchema,
  recordSchemaVersion,
  trialSchema,
} from './record.ts'
import { type RecordedLoad, recordedLoadSchema } from './recorded-load.ts'
import { count } from './values.ts'

// Schema version 1: reasons were texts, loads were not checked, and their times had no units in their names: they were milliseconds.

const validityV1 = z.strictObject({ valid: z.boolean(), reasons: z.array(z.string()) })

const rangeV1 = z.union([
  z.number().transform((only) => ({ min: only, max: only })),
  z.strictObject({ min: z.number(), max: z.number() }),
])

const rateV1 = z.union([
  z.number(),
  z.strictObject({ from: z.number(), to: z.number() }),
  z
    .strictObject({ steps: z.array(z.strictObject({ rate: z.number(), duration: z.number() })) })
    .transform(({ steps }) => ({ steps: steps.map(({ rate, duration }) => ({ rate, durationMs: duration })) })),
  z
    .strictObject({ burst: z.number(), every: z.number(), base: z.number().default(0) })
    .transform(({ burst, every, base }) => ({ burst, everyMs: every, base })),
  z.strictObject({ replay: z.string(), arrivals: count }),
])

const { grpc, stream, ...sameFields } = recordedLoadSchema.omit({
  ...{ rate: true, thinkTimeMs: true, requestsPerConnection: true, staggerMs: true, durationMs: true, warmUpMs: true },
  ...{ timeoutMs: true, stopWhen: true },
}).shape

/** Fields that came later than the first records have what was done before there was a choice. */
const loadV1Schema = z.object({
  ...sameFields,
  protocol: sameFields.protocol.default('http'),
  arrivals: sameFields.arrivals.default('constant'),
  threads: sameFields.threads.default(1),
  keepAlive: sameFields.keepAlive.default(true),
  method: sameFields.method.default('GET'),
  headers: sameFields.headers.default({}),
  body: sameFields.body.default(''),
  seed: sameFields.seed.default(1),
  toolArgs: sameFields.toolArgs.default([]),
  rate: rateV1.optional(),
  thinkTime: rangeV1.optional(),
  requestsPerConnection: rangeV1.optional(),
  stagger: z.number().optional(),
  duration: z.number(),
  warmUp: z.number().default(0),
  timeout: z.number().default(10_000),
  stopWhen: z
    .strictObject({ errorRate: z.number().optional(), p99Ms: z.number().optional(), for: z.number() })
    .transform(({ for: forMs, ...limits }) => ({ ...limits, forMs }))
    .optional(),
  grpc: grpc
    .unwrap()
    .omit({ deadlineMs: true })
    .extend({ deadline: z.number().optional() })
    .transform(({ deadline: deadlineMs, ...call }) => ({
      ...call,
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    }))
    .optional(),
  stream: stream
    .unwrap()
    .omit({ bitsPerSecond: true })
    .extend({ bitrate: z.number().optional() })
    .transform(({ bitrate: bitsPerSecond, ...rest }) => ({
      ...rest,
      ...(bitsPerSecond === undefined ? {} : { bitsPerSecond }),
    }))
    .optional(),
})
type LoadV1 = z.infer<typeof loadV1Schema>

const trialV1Schema = trialSchema.extend({
  load: loadResultSchema.extend({ validity: validityV1 }),
  validity: validityV1,
})
const armV1Schema = armSchema.extend({ trials: z.array(trialV1Schema) })
const experimentV1Schema = recordedExperimentSchema.extend({ load: loadV1Schema, arms: z.array(armV1Schema) })

/** A record of schema version 1, as it was written. */
export const recordV1Schema = recordSchema.extend({
  schemaVersion: z.literal(1),
  experiments: z.array(experimentV1Schema),
})

/** The same record as one of today: reasons have the code `v1`, and the load has units in its names. */
export function fromV1(record: z.infer<typeof recordV1Schema>): RunRecord {
  return {
    ...record,
    schemaVersion: recordSchemaVersion,
    experiments: record.experiments.map((experiment) => ({
      ...experiment,
      load: withUnits(experiment.load),
      arms: experiment.arms.map((arm) => ({
        ...arm,
        trials: arm.trials.map((trial) => ({
          ...trial,
          load: { ...trial.load, validity: withCodes(trial.load.validity) },
          validity: withCodes(trial.validity),
        })),
      })),
    })),
  }
}

const withCodes = ({ valid, reasons }: z.infer<typeof validityV1>): Validity => ({
  valid,
  reasons: reasons.map((text) => reason('v1', text)),
})

function withUnits({ duration, warmUp, timeout, thinkTime, stagger, ...same }: LoadV1): RecordedLoad {
  return {
    ...same,
    ...{ durationMs: duration, warmUpMs: warmUp, timeoutMs: timeout },
    ...(thinkTime && { thinkTimeMs: thinkTime }),
    ...(stagger !== undefined && { staggerMs: stagger }),
  }
}
