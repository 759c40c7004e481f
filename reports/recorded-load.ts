import { z } from 'zod'
import { count } from './values.ts'

const range = z.strictObject({ min: z.number(), max: z.number() })

/** Arrivals of an open loop: requests a second, or how they change. Of a recording, its file and how many arrivals it had. */
export const recordedRateSchema = z.union([
  z.number(),
  z.strictObject({ from: z.number(), to: z.number() }),
  z.strictObject({ steps: z.array(z.strictObject({ rate: z.number(), durationMs: z.number() })) }),
  z.strictObject({ burst: z.number(), everyMs: z.number(), base: z.number() }),
  z.strictObject({ replay: z.string(), arrivals: count }),
])

/** A body from a file: its name and size, not its content. */
const bodyFile = z.strictObject({ file: z.string(), bytes: count })

/** By name; of a name that is sent several times, all values in their order. */
const headers = z.record(z.string(), z.union([z.string(), z.array(z.string())]))

const request = z.strictObject({
  method: z.string().optional(),
  path: z.string().optional(),
  headers: headers.optional(),
  body: z.string().optional(),
  bodyFile: bodyFile.optional(),
  weight: z.number(),
})

/** A load as a run record keeps it: as asked for, defaults filled in, without the contents of files and without keys. */
export const recordedLoadSchema = z.strictObject({
  protocol: z.string(),
  /** Absent: a closed loop. */
  rate: recordedRateSchema.optional(),
  arrivals: z.string(),
  pacing: z.string().optional(),
  thinkTimeMs: range.optional(),
  connections: count,
  requestsPerConnection: range.optional(),
  staggerMs: z.number().optional(),
  threads: count,
  /** Programs that made the load together. */
  agents: count.optional(),
  durationMs: z.number(),
  warmUpMs: z.number(),
  histograms: z.boolean().optional(),
  maxBacklog: count.optional(),
  maxRequests: count.optional(),
  stopWhen: z
    .strictObject({ errorRate: z.number().optional(), p99Ms: z.number().optional(), forMs: z.number() })
    .optional(),
  timeoutMs: z.number(),
  keepAlive: z.boolean(),
  method: z.string(),
  headers,
  body: z.string(),
  bodyFile: bodyFile.optional(),
  path: z.string().optional(),
  /** Several requests, or the file that they were read from and how many there were. */
  requests: z.union([z.array(request), z.strictObject({ file: z.string(), requests: count })]).optional(),
  seed: z.int(),
  http2: z.strictObject({ streams: count }).optional(),
  /** All of a call but its .proto. */
  grpc: z
    .strictObject({
      method: z.string(),
      message: z.json().optional(),
      bytes: z.string().optional(),
      kind: z.string().optional(),
      messages: count,
      metadata: headers,
      deadlineMs: z.number().optional(),
      streams: count,
    })
    .optional(),
  /** Names of files, never what is in them. */
  tls: z
    .strictObject({
      caFile: z.string().optional(),
      certFile: z.string().optional(),
      keyFile: z.string().optional(),
      serverName: z.string().optional(),
      verify: z.boolean(),
      resumption: z.boolean(),
    })
    .optional(),
  websocket: z
    .strictObject({ mode: z.string(), message: z.string().optional(), messageBytes: count.optional() })
    .optional(),
  inference: z
    .strictObject({
      model: z.string(),
      over: z.string(),
      streams: count.optional(),
      batch: count,
      inputLength: count,
      stream: z.boolean(),
      tokens: count.optional(),
    })
    .optional(),
  stream: z
    .strictObject({
      /** Absent: as fast as it goes. */
      bitsPerSecond: z.number().optional(),
      segmentBytes: count.optional(),
      receiver: z.string().optional(),
    })
    .optional(),
  /** The program that made the load in place of the engine. */
  tool: z.string().optional(),
  toolArgs: z.array(z.string()),
})
export type RecordedLoad = z.infer<typeof recordedLoadSchema>
