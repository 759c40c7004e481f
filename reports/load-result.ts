import { z } from 'zod'
import { count, measured } from './values.ts'

/**
 * Percentiles in microseconds, and the whole distribution as an HdrHistogram V2 payload (base64) in nanoseconds. The payload is empty
 * where only figures are known. What was not measured at all has count 0, no figure and an empty payload; what was measured and had
 * no value has count 0 and the payload of an empty histogram.
 */
export const distributionSchema = z.strictObject({
  count,
  meanUs: measured,
  p50Us: measured,
  p90Us: measured,
  p99Us: measured,
  p999Us: measured,
  maxUs: measured,
  histogram: z.string(),
})
export type Distribution = z.infer<typeof distributionSchema>

/** A code of `reasons.ts`, or one of another version, and the sentence for people. */
export const reasonSchema = z.strictObject({ code: z.string().min(1), text: z.string() })

export const validitySchema = z.strictObject({ valid: z.boolean(), reasons: z.array(reasonSchema) })
export type Validity = z.infer<typeof validitySchema>

/** One second of a trial. `atMs` is the end of the interval since the measured part began. */
export const timelinePointSchema = z.strictObject({
  atMs: z.number(),
  requests: count,
  errors: count,
  p50Us: measured,
  p99Us: measured,
  /** The interval's latencies as an HdrHistogram V2 payload (base64) in nanoseconds, where the load kept them. */
  histogram: z.string().optional(),
})
export type TimelinePoint = z.infer<typeof timelinePointSchema>

/**
 * One unit of an arm that is loaded together with others: what was due in it, to its last reply. Units of one number lie at the same time
 * in all arms. Distributions are HdrHistogram V2 payloads (base64) in nanoseconds; empty where there was no reply.
 */
export const unitSchema = z.strictObject({
  /** From 0, and on through all deployments of the arm. */
  index: count,
  /** Requests due in it that ended, with a reply or an error. */
  requests: count,
  /** By kind; kinds that did not occur are absent. */
  errors: z.record(z.string(), count),
  latency: z.string(),
  serviceTime: z.string(),
  firstMessage: z.string().optional(),
  sendLagP50Us: measured,
  sendLagP99Us: measured,
})
export type Unit = z.infer<typeof unitSchema>

/** What the load generator's own runtime did in the measured part. */
export const generatorSchema = z.strictObject({
  /** Garbage collections of all threads together. */
  gcPauses: count,
  gcPauseMsTotal: z.number(),
  gcPauseMsMax: z.number(),
  /** How late a timer was in the worst thread; null when the load was too short for one. */
  eventLoopLagMsP99: measured,
  eventLoopLagMsMax: measured,
  /** For how long the CPU limit of its container held it up, of several agents the longest; null where nothing tells. */
  throttledMs: measured.optional(),
})
export type Generator = z.infer<typeof generatorSchema>

/** Why a load ended before its time. */
export const stoppedSchema = z.strictObject({
  /** Its number of requests, a rule it was given, the generator, which could not hold the rate, its experiment, which had its answer, or somebody who interrupted it. */
  by: z.enum(['maxRequests', 'errorRate', 'p99Ms', 'generator', 'experiment', 'interrupt']),
  why: z.string(),
  /** Since the measured part began. */
  atMs: z.number(),
  /** Requests a second that succeeded in the best interval of the timeline; null when none was long enough to count. */
  highestRate: measured,
})
export type Stopped = z.infer<typeof stoppedSchema>

/** What one of several agents did of a load that they made together. */
export const agentShareSchema = z.strictObject({
  requests: count,
  warmUpRequests: count,
  errors: count,
  achievedRate: z.number(),
  cpuUsPerRequest: measured,
  busyShare: measured,
  sendLagP99Us: measured,
})
export type AgentShare = z.infer<typeof agentShareSchema>

/** Datagrams of the measured part. */
export const datagramsSchema = z.strictObject({
  sent: count,
  /** Each counted once. */
  received: count,
  lost: count,
  /** Datagrams that came after one that was sent later (RFC 4737). */
  reordered: count,
  /** Copies beyond the first. */
  duplicate: count,
})

/** Of a load of TCP or UDP streams: what their receiver has counted of the measured part. */
export const streamResultSchema = z.strictObject({
  transport: z.enum(['tcp', 'udp']),
  /** Parallel ones, of all agents. */
  streams: z.int().positive(),
  /** Payload of a datagram, or bytes of a TCP write. */
  segmentBytes: z.int().positive(),
  /** Payload of all agents. Null: as fast as it goes. */
  targetBitsPerSecond: measured,
  /** Payload that arrived, over the schedule or up to its last byte, whichever is longer. */
  bitsPerSecond: z.number(),
  bytesReceived: count,
  /** Of UDP. */
  datagrams: datagramsSchema.optional(),
  /** Of UDP: RFC 3550's interarrival jitter, averaged over all datagrams of a stream, then over the streams. */
  jitterUs: measured,
  /** Of UDP, from the actual send to the receiver's program; only where both read the same clock. */
  oneWayDelay: distributionSchema.optional(),
  /** Of UDP: the receiving socket's buffer, as its kernel reports it. */
  receiveBufferBytes: measured,
})
export type StreamResult = z.infer<typeof streamResultSchema>

/** The program that made a load in place of the load engine. */
export const toolUseSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  /** As it can be pasted into a shell; of the measured part. Files it names are gone by now. */
  command: z.string(),
  /** How its figures differ from what their names say, a sentence each. */
  distortions: z.array(z.string()),
})
export type ToolUse = z.infer<typeof toolUseSchema>

/**
 * The result of a load, of the engine or of a peer tool. For streams a request is a datagram, or so many bytes as one TCP write has; there are no
 * replies, so that latency and service time have no values.
 * Times in the names' units; `targetRate` is null for a closed loop, else a mean.
 */
export const loadResultSchema = z.strictObject({
  targetRate: measured,
  /** Replies a second, over the schedule or up to the last reply, whichever is longer. */
  achievedRate: z.number(),
  /** Requests of the measured part that ended, with a reply or an error. */
  requests: count,
  /** Requests sent before the measured part. */
  warmUpRequests: count,
  /**
   * By kind: connect, tls, timeout, closed, reset, protocol, http_4xx, http_5xx, unsent, shed, lost, and grpc_… for the status of a call. Kinds that did
   * not occur are absent. Where a peer tool does not distinguish kinds: http_status is a status of 400 or above, failed is no reply for whatever reason.
   */
  errors: z.record(z.string(), count),
  /** By kind, of these errors and of connections that failed: how the first of them was told, in the words of the system or of the server. */
  errorWords: z.record(z.string(), z.string()).optional(),
  /** From the intended start to the reply's end. Peer tools do not measure it: they begin at the actual send. */
  latency: distributionSchema,
  /** From the actual send to the reply's end. */
  serviceTime: distributionSchema,
  /** From the intended start to the moment a connection was free. */
  connectionWait: distributionSchema,
  /** Actual send − the later of the intended start and the moment a connection was free. */
  sendLag: distributionSchema,
  /** CPU time of the generator per request, spinning for the next deadline included. */
  cpuUsPerRequest: measured,
  /** Share of the measured time in which the generator's busiest thread had work to do, 0 to 1. */
  busyShare: measured,
  generator: generatorSchema.optional(),
  bytesReceived: measured,
  /** Of replies that have several messages (streams, tokens): from the intended start to the first, and how many came. */
  firstMessage: distributionSchema.optional(),
  messages: count.optional(),
  /** Of streams. */
  stream: streamResultSchema.optional(),
  /** Connections that were opened in the whole load, those before its warm-up included. */
  connections: count.optional(),
  /**
   * Of connections that the load keeps: how many it was to have, how many it had (one was opened and was not closed again at once) and how many
   * were open when it ended. Servers may close those that are idle.
   */
  keptConnections: z.strictObject({ asked: count, had: count, open: count }).optional(),
  /**
   * By kind of error: attempts to open a connection that failed, and connections that the server closed at once, in the whole load. Those that a
   * request waited for are among the errors as well.
   */
  failedConnections: z.record(z.string(), count).optional(),
  /**
   * Replies that no request waited for, as far as they were noticed, in the whole load; and the requests whose replies may be those of others by
   * it: of HTTP/1.1, and of WebSocket messages that are all the same, what their connections carried before. Absent: none.
   */
  surplus: z.strictObject({ replies: count, doubtful: count }).optional(),
  /** TLS handshakes, of the same. */
  handshakes: z.strictObject({ full: count, resumed: count }).optional(),
  /** Where the name of the target has several addresses: the one that all of the load went to, and the others. */
  address: z.strictObject({ used: z.string(), others: z.array(z.string()) }).optional(),
  durationMs: z.number(),
  timeline: z.array(timelinePointSchema),
  /** Of a load that is measured by units: the whole ones of its measured part. */
  units: z.array(unitSchema).optional(),
  /** How the generator passed the time between requests: by asking the clock, or asleep. Absent: it did not wait for moments. */
  pause: z.enum(['spin', 'wait']).optional(),
  /** Absent: the load lasted as long as it was to. Rates are over the time that it ran. */
  stopped: stoppedSchema.optional(),
  /** One entry an agent, where several made the load; the rest is of all of them together. */
  agents: z.array(agentShareSchema).optional(),
  /** Absent: the load engine made it. */
  tool: toolUseSchema.optional(),
  validity: validitySchema,
})
export type LoadResult = z.infer<typeof loadResultSchema>
