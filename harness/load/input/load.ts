import { z } from 'zod'
import { fields } from '../../config.ts'
import { duration, durationOrNone } from '../../units.ts'
import { type LoadPlan, loadToolNames, type Range } from '../plan.ts'
import { protocolNames } from '../schemes.ts'
import { bodyFile } from './files.ts'
import { grpcFields } from './grpc.ts'
import { http2Fields } from './http2.ts'
import { inferenceFields } from './inference.ts'
import { rateField } from './rate.ts'
import { requestList, requestShape } from './requests.ts'
import { streamFields } from './stream.ts'
import { tlsFields } from './tls.ts'
import { websocketFields } from './websocket.ts'

const whole = (max: number) =>
  z
    .int({ error: `a whole number from 1 to ${max}` })
    .min(1, `at least 1`)
    .max(max, `at most ${max}`)

/** A value, or from which to which it is drawn. */
const rangeOf = <T extends z.ZodType<number>>(value: T, one: string) =>
  z
    .union([value.transform((only) => ({ min: only, max: only })), fields({ min: value, max: value })], {
      error: `${one}, or { min, max }`,
    })
    .transform((range, context): Range => {
      const { min, max } = range as Range
      if (min > max) context.addIssue({ code: 'custom', input: range, message: 'min at most max' })
      return { min, max }
    })

const stopWhen = fields({
  errorRate: z
    .number({ error: 'a share from 0 to 1' })
    .min(0, 'at least 0')
    .lt(1, 'below 1: no more than all requests can fail')
    .exactOptional(),
  p99Ms: z.number({ error: 'a number of milliseconds' }).positive('above 0').exactOptional(),
  for: duration.prefault('5s'),
})
  .refine(({ errorRate, p99Ms }) => errorRate !== undefined || p99Ms !== undefined, {
    error: 'errorRate, p99Ms or both',
    when: ({ issues }) => issues.length === 0,
  })
  .transform(({ for: forMs, ...limits }) => ({ ...limits, forMs }))

/** What a load is made of, as people write it: everything but where it goes. */
export const loadShape = {
  protocol: z.enum(protocolNames, { error: `one of: ${protocolNames.join(', ')}` }).default('http'),
  /** Requests a second of an open loop, or how they come. Absent: closed loop, the next request after the reply. */
  rate: rateField.optional(),
  arrivals: z.enum(['constant', 'poisson'], { error: 'one of: constant, poisson' }).optional(),
  /** shared: an arrival takes any free connection. per-connection: it belongs to one, and waits for it. Absent: shared. */
  pacing: z.enum(['shared', 'per-connection'], { error: 'one of: shared, per-connection' }).optional(),
  /** Of a closed loop: the rest of a connection between a reply and its next request. */
  thinkTime: rangeOf(durationOrNone, 'a duration with a unit, e.g. "10ms"').optional(),
  connections: whole(100_000).default(32),
  /** After so many, drawn anew for each connection, it is replaced. Absent: it is used as long as it can be. */
  requestsPerConnection: rangeOf(whole(1_000_000_000), 'a whole number of requests').optional(),
  /** The connections are opened evenly over this time from the load's beginning on. Absent: before it begins. */
  stagger: duration.optional(),
  threads: whole(256).default(1),
  duration: duration.prefault('10s'),
  warmUp: durationOrNone.prefault('1s'),
  /** Keeps the latencies of each second in full, beside their percentiles. */
  histograms: z.boolean().optional(),
  /** Arrivals of an open loop that may wait for a connection; the oldest above that are shed. Absent: 1,000,000. */
  maxBacklog: whole(1_000_000_000).optional(),
  /** The load ends after so many measured requests, if its duration does not end it sooner. */
  maxRequests: whole(1_000_000_000).optional(),
  /** The load ends when one of these limits was broken for so long, second by second. */
  stopWhen: stopWhen.optional(),
  /** From the intended start; past it the request counts as a timeout and its connection is replaced. */
  timeout: duration.prefault('10s'),
  keepAlive: z.boolean().default(true),
  /** The one request that is sent, or what those of `requests` leave out. */
  method: requestShape.method.default('GET'),
  headers: requestShape.headers.default([]),
  body: requestShape.body.default(''),
  bodyFile: bodyFile.optional(),
  path: requestShape.path.optional(),
  /** Several requests, chosen by their weights. */
  requests: requestList.optional(),
  seed: z.int({ error: 'a whole number' }).default(1),
  http2: http2Fields.optional(),
  grpc: grpcFields.optional(),
  tls: tlsFields.optional(),
  websocket: websocketFields.optional(),
  inference: inferenceFields.optional(),
  /** Of protocol tcp and udp alone. */
  stream: streamFields.optional(),
  /** The program that makes the load in place of the engine; it must be on this machine. */
  tool: z.enum(loadToolNames, { error: `one of: ${loadToolNames.join(', ')}` }).optional(),
  /** Arguments that are passed on to it; each tool takes some. */
  toolArgs: z.array(z.string()).default([]),
}

/** A load whose fields have been read, one by one, and keep their names: what rules look at. Durations in milliseconds. */
export type ReadLoad = z.output<z.ZodObject<typeof loadShape>>

/** What a load that has been read becomes: durations have units in their names, and an inference load has all of its fields. */
export function planOf({ duration, warmUp, timeout, thinkTime, stagger, arrivals, ...load }: ReadLoad): LoadPlan {
  return {
    ...load,
    arrivals: arrivals ?? 'constant',
    durationMs: duration,
    warmUpMs: warmUp,
    timeoutMs: timeout,
    ...(thinkTime && { thinkTimeMs: thinkTime }),
    ...(stagger && { staggerMs: stagger }),
    ...(load.protocol === 'inference' && { inference: load.inference ?? inferenceFields.parse({}) }),
  }
}
