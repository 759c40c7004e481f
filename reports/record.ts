import { z } from 'zod'

/** Raised when a field changes meaning or goes away; adding an optional field does not raise it. */
export const recordSchemaVersion = 1

const count = z.int().nonnegative()
const instant = z.iso.datetime()
/** A measured number, or null where it was not measured. Never zero in place of unknown. */
const measured = z.number().nullable()

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

export const validitySchema = z.strictObject({ valid: z.boolean(), reasons: z.array(z.string()) })
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

/** What the load generator's own runtime did in the measured part. */
export const generatorSchema = z.strictObject({
  /** Garbage collections of all threads together. */
  gcPauses: count,
  gcPauseMsTotal: z.number(),
  gcPauseMsMax: z.number(),
  /** How late a timer was in the worst thread; null when the load was too short for one. */
  eventLoopLagMsP99: measured,
  eventLoopLagMsMax: measured,
})
export type Generator = z.infer<typeof generatorSchema>

/** Why a load ended before its time. */
export const stoppedSchema = z.strictObject({
  /** Its number of requests, a rule it was given, or the generator, which could not hold the rate. */
  by: z.enum(['maxRequests', 'errorRate', 'p99Ms', 'generator']),
  why: z.string(),
  /** Since the measured part began. */
  atMs: z.number(),
  /** Requests a second that succeeded in the best interval of the timeline; null when none was long enough to tell. */
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
  /** Those that came after one that was sent later (RFC 4737). */
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
  /** Of UDP: the receiving socket's buffer, as its kernel tells it. */
  receiveBufferBytes: measured,
})
export type StreamResult = z.infer<typeof streamResultSchema>

/**
 * What the load engine, or a peer tool, answers. For streams a request is a datagram, or so many bytes as one TCP write has; there are no
 * replies, so that latency and service time have no values.
 * Times in the names' units; `targetRate` is null for a closed loop, else a mean.
 */
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
   * not occur are absent. Where a peer tool does not tell kinds apart: http_status is a status of 400 or above, failed is no reply for whatever reason.
   */
  errors: z.record(z.string(), count),
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
  /** TLS handshakes, of the same. */
  handshakes: z.strictObject({ full: count, resumed: count }).optional(),
  durationMs: z.number(),
  timeline: z.array(timelinePointSchema),
  /** Absent: the load lasted as long as it was to. Rates are over the time that it ran. */
  stopped: stoppedSchema.optional(),
  /** One entry an agent, where several made the load; the rest is of all of them together. */
  agents: z.array(agentShareSchema).optional(),
  /** Absent: the load engine made it. */
  tool: toolUseSchema.optional(),
  validity: validitySchema,
})
export type LoadResult = z.infer<typeof loadResultSchema>

/** What one container used during a trial. */
export const resourceUsageSchema = z.strictObject({
  pod: z.string(),
  /** A mesh's control plane serves all of its arms: it is no part of what an arm takes in all. */
  role: z.enum(['app', 'proxy', 'control-plane']),
  cpuMs: measured,
  cpuUsPerRequest: measured,
  /** Resident memory at the end of the trial. */
  memoryBytes: measured,
})
export type ResourceUsage = z.infer<typeof resourceUsageSchema>

/** What shows that the treatment was on. `mismatches` is empty when the facts fit the arm. */
export const evidenceSchema = z.strictObject({
  /** One line for people, e.g. "mTLS: 20412 requests over 64 handshakes". */
  summary: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  mismatches: z.array(z.string()),
})
export type Evidence = z.infer<typeof evidenceSchema>

/** One load of a search for the highest rate. */
export const searchStepSchema = z.strictObject({
  rate: z.number(),
  achievedRate: z.number(),
  p99Us: measured,
  kept: z.boolean(),
  /** What was not kept. */
  why: z.string().nullable(),
})
export type SearchStep = z.infer<typeof searchStepSchema>

/** A search for the highest rate that keeps its objectives; the trial's load is the one that confirmed it. */
export const searchSchema = z.strictObject({ sustainedRate: measured, steps: z.array(searchStepSchema) })
export type Search = z.infer<typeof searchSchema>

/** One change while the load ran. Its times count from the moment at which the API server's acceptance was known. */
export const changeSchema = z.strictObject({
  /** Of that moment, since the first change's. */
  atMs: z.number(),
  /** From asking for the change to knowing that it was accepted: it took effect from somewhere in between. */
  acceptMs: z.number(),
  /** To the first reply, on a new connection, of what it was changed to. Null when none came before the next change. */
  pushMs: measured,
  /** To the last reply, on a new connection, of what was there before. Null when it had not gone by the next change. */
  settledMs: measured,
  /** As pushMs, on a connection that was open before. Null where such a connection stays with its server. */
  keptPushMs: measured,
})
export type Change = z.infer<typeof changeSchema>

/** endpoint: the pods that a Service selects. rollout: the pods of a Deployment. */
export const changeKinds = ['endpoint', 'rollout'] as const

/** What was changed in a trial, and when requests that were sent beside the load, every few milliseconds, were answered. */
export const churnSchema = z.strictObject({
  change: z.enum(changeKinds),
  /** Medians over the changes; null unless every one has its value. */
  pushMs: measured,
  settledMs: measured,
  keptPushMs: measured,
  /** The longest time in which requests on new connections waited and none was answered. */
  longestGapMs: measured,
  /** The longest time in which none was sent: the times above are no more exact than that. */
  longestPauseMs: measured,
  /** Those on new connections, and of them those that failed. The load's own are not among them. */
  requests: count,
  errors: z.record(z.string(), count),
  /** How far the clock of the program that sent them was ahead of the one that dated the changes; taken into account. */
  clockAheadMs: z.number(),
  changes: z.array(changeSchema),
})
export type Churn = z.infer<typeof churnSchema>

export const trialSchema = z.strictObject({
  /** Position in the run order of the experiment, from 1. */
  index: z.int().positive(),
  block: z.int().positive(),
  arm: z.string(),
  startedAt: instant,
  load: loadResultSchema,
  resources: z.array(resourceUsageSchema),
  /** CPU time that the experiment's other arms took meanwhile, from the reading before the trial to the one after it. */
  idleCpuMs: measured.optional(),
  evidence: evidenceSchema.nullable(),
  search: searchSchema.optional(),
  /** Of a trial that changes something while its load runs. */
  churn: churnSchema.optional(),
  /** Rules of the trial as a whole: the load's, the evidence's and the pods'. */
  validity: validitySchema,
})
export type Trial = z.infer<typeof trialSchema>

export const armSchema = z.strictObject({
  name: z.string(),
  mesh: z.string(),
  mode: z.string().nullable(),
  settings: z.record(z.string(), z.unknown()),
  /** The reference arm of the experiment. */
  control: z.boolean(),
  /** Why the arm did not run, and how to get what it lacks. Null when it ran. */
  skipped: z.string().nullable(),
  trials: z.array(trialSchema),
})
export type Arm = z.infer<typeof armSchema>

export const outcomes = ['pass', 'fail', 'inconclusive', 'invalid'] as const
export type Outcome = (typeof outcomes)[number]

export const verdictSchema = z.strictObject({
  /** A budget is an objective on the difference to another arm, a share one on the ratio. */
  kind: z.enum(['objective', 'budget', 'share']),
  indicator: z.string(),
  unit: z.string(),
  limit: z.strictObject({ max: z.number().optional(), min: z.number().optional() }),
  arm: z.string(),
  over: z.string().nullable(),
  /** Hodges–Lehmann estimate over the valid trials, in `unit`. */
  measured,
  /** Bootstrap interval over trials at `confidence`. */
  interval: z.tuple([z.number(), z.number()]).nullable(),
  confidence: z.number(),
  /** Exact two-sided Mann–Whitney, budgets only. */
  pValue: measured,
  trials: z.strictObject({ arm: count, over: count.nullable() }),
  outcome: z.enum(outcomes),
  /** One sentence: target, what was measured, its interval, and what follows. */
  why: z.string(),
})
export type Verdict = z.infer<typeof verdictSchema>

export const experimentSchema = z.strictObject({
  suite: z.string(),
  test: z.string(),
  status: z.enum(['passed', 'failed', 'skipped']),
  /** Why it failed or was skipped, when no verdict says so. */
  message: z.string().nullable(),
  workload: z.string(),
  /** The load as asked for, defaults filled in. */
  load: z.record(z.string(), z.unknown()),
  seed: z.int(),
  arms: z.array(armSchema),
  verdicts: z.array(verdictSchema),
})
export type Experiment = z.infer<typeof experimentSchema>

export const environmentSchema = z.strictObject({
  os: z.string(),
  kernel: z.string(),
  architecture: z.string(),
  cpuModel: z.string(),
  cores: z.int().positive(),
  memoryBytes: z.number(),
  /** CPU frequency governor of core 0; null where the system does not tell. */
  governor: z.string().nullable(),
  virtualization: z.string().nullable(),
  /** Versions of all that took part: node, meshmark, vitest, envoy, … */
  versions: z.record(z.string(), z.string()),
})
export type Environment = z.infer<typeof environmentSchema>

/** The run record: the contract that every report and every later comparison reads. */
export const recordSchema = z.strictObject({
  schemaVersion: z.literal(recordSchemaVersion),
  run: z.strictObject({
    id: z.string(),
    startedAt: instant,
    durationMs: z.number(),
    /** Time inside the measured part of trials; warm-up and set-up are outside. */
    measuringMs: z.number(),
    seed: z.int(),
    profile: z.string(),
    cluster: z.strictObject({ provider: z.string(), reason: z.string() }),
    meshes: z.array(z.string()),
    /** Pasteable command that repeats this run. */
    command: z.string(),
    outcome: z.enum(outcomes),
  }),
  environment: environmentSchema,
  experiments: z.array(experimentSchema),
})
export type RunRecord = z.infer<typeof recordSchema>

/** JSON Schema (draft 2020-12) of the run record, for readers in other languages. */
export const recordJsonSchema = () => z.toJSONSchema(recordSchema, { reused: 'ref' })
