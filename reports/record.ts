import { z } from 'zod'
import { kernelSchema, probesSchema } from './kernel.ts'
import { loadResultSchema, reasonSchema, validitySchema } from './load-result.ts'
import { recordedLoadSchema } from './recorded-load.ts'
import { count, measured } from './values.ts'

/** Raised when a field changes meaning or goes away; adding an optional field does not raise it. */
export const recordSchemaVersion = 2

const instant = z.iso.datetime()

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
  /** Requests on new connections that the sampler sent beside the load, and its errors by kind. The load's own requests are not counted here. */
  requests: count,
  errors: z.record(z.string(), count),
  /** How far the clock of the program that sent them was ahead of the one that dated the changes; taken into account. */
  clockAheadMs: z.number(),
  changes: z.array(changeSchema),
})
export type Churn = z.infer<typeof churnSchema>

/** Of a trial in which other pods fought for the CPUs. */
export const contentionSchema = z.strictObject({
  /** What the other pods had. */
  competitorsCpuMs: measured,
  /** Those that strategies were applied to, and how many pods got another weight among the others. */
  processes: count,
  weights: count,
})
export type Contention = z.infer<typeof contentionSchema>

/** What an arm's containers used in some units of it, which follow each other. */
export const usageSchema = z.strictObject({
  fromUnit: count,
  /** How many. */
  units: z.int().positive(),
  resources: z.array(resourceUsageSchema),
})
export type UnitUsage = z.infer<typeof usageSchema>

/** What the machine took away or was late with in one unit, for all arms alike. Null where it cannot be read. */
export const machineUnitSchema = z.strictObject({
  index: count,
  /** Of the machine's CPU time: taken by the hypervisor, and used by programs that are none of the run's. */
  stealShare: measured,
  foreignCpuShare: measured,
  /** Share of the time in which something waited for a CPU (PSI, "some"). */
  pressureShare: measured,
  /** The longest that a thread that sleeps for 15 ms again and again was woken late. */
  latenessUs: measured,
})
export type MachineUnit = z.infer<typeof machineUnitSchema>

/** One measured execution of a load on one arm: of an experiment of trials one after the other, of any other one for each deployment of the arm. */
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
  /** Of an experiment of units: the same, some units at a time. */
  usage: z.array(usageSchema).optional(),
  evidence: evidenceSchema.nullable(),
  search: searchSchema.optional(),
  /** Of a trial that changes something while its load runs. */
  churn: churnSchema.optional(),
  /** Of a trial with probes. */
  kernel: kernelSchema.optional(),
  /** Of a trial under contention for the CPUs. */
  contention: contentionSchema.optional(),
  /** Rules of the trial as a whole: the load's, the evidence's and the pods'. */
  validity: validitySchema,
})
export type Trial = z.infer<typeof trialSchema>

/** What of a project was measured: the commit of its working tree, when a run began. */
export const sourceSchema = z.strictObject({
  commit: z.string(),
  /** The branch; null where none is checked out. */
  ref: z.string().nullable(),
  /** Files that git follows were changed since. */
  dirty: z.boolean(),
})
export type Source = z.infer<typeof sourceSchema>

export const armSchema = z.strictObject({
  name: z.string(),
  mesh: z.string(),
  mode: z.string().nullable(),
  settings: z.record(z.string(), z.unknown()),
  /** The commit that its program is of, where arms are of different ones. */
  source: sourceSchema.optional(),
  /** The reference arm of the experiment. */
  control: z.boolean(),
  /** Why the arm did not run, and how to get what is missing. Null when it ran. */
  skipped: z.string().nullable(),
  /** The nodes on which its server and its load's pods stood throughout; a client outside the cluster is "outside". */
  placement: z.strictObject({ server: z.string(), client: z.string() }).optional(),
  trials: z.array(trialSchema),
})
export type Arm = z.infer<typeof armSchema>

export const outcomes = ['pass', 'fail', 'inconclusive', 'invalid'] as const
export type Outcome = (typeof outcomes)[number]

/** How arms share the time. */
export const designs = ['paired', 'slices', 'trials'] as const
export type Design = (typeof designs)[number]

const interval = z.tuple([z.number(), z.number()])

export const verdictSchema = z.strictObject({
  /** A budget is an objective on the difference to another arm, a share one on the ratio; of a baseline, to what earlier runs measured of the same arm. */
  kind: z.enum(['objective', 'budget', 'share', 'baseline']),
  indicator: z.string(),
  unit: z.string(),
  limit: z.strictObject({ max: z.number().optional(), min: z.number().optional() }),
  arm: z.string(),
  over: z.string().nullable(),
  /** Median over units, or Hodges–Lehmann estimate over trials; of failures all over all. In `unit`. */
  measured,
  /** At `confidence`. */
  interval: interval.nullable(),
  confidence: z.number(),
  /** Exact two-sided Mann–Whitney, of a comparison of trials. */
  pValue: measured,
  trials: z.strictObject({ arm: count, over: count.nullable() }),
  /** Of a baseline: how many runs stand on either side, and between when the earlier ones began. */
  baseline: z.strictObject({ runs: count, candidates: count, from: instant, to: instant }).optional(),
  /** Of an experiment of units: how many stand behind the figures, and how long each is. */
  units: z.strictObject({ count, lengthMs: z.number() }).optional(),
  /** Units that do not count, by reason. */
  leftOut: z.array(z.strictObject({ reason: reasonSchema, units: count })).optional(),
  /** Of a difference: what the same statistic says of the control's requests against each other, with labels drawn at random. */
  noiseFloor: measured.optional(),
  /** The smallest difference to the limit that this run could have told. */
  smallestEffect: measured.optional(),
  /** The same estimate from the calmer half of the units. */
  calmer: z.strictObject({ measured: z.number(), interval: interval.nullable() }).nullable().optional(),
  /** Share of the requests over the limit, or over the control's own percentile plus the budget; `pValue` of their difference by flipping signs of units. */
  overLimit: z.strictObject({ arm: z.number(), over: measured, pValue: measured }).optional(),
  /** The estimate of each deployment by itself. */
  deployments: z.array(measured).optional(),
  outcome: z.enum(outcomes),
  /** One sentence: target, what was measured, its interval, and what follows. */
  why: z.string(),
})
export type Verdict = z.infer<typeof verdictSchema>

export const recordedExperimentSchema = z.strictObject({
  suite: z.string(),
  test: z.string(),
  /** The suite's file, relative to its project, with slashes. */
  file: z.string().optional(),
  status: z.enum(['passed', 'failed', 'skipped']),
  /** Why it failed or was skipped, when no verdict explains it. */
  message: z.string().nullable(),
  workload: z.string(),
  /** The load as asked for, defaults filled in. */
  load: recordedLoadSchema,
  seed: z.int(),
  /** Absent: trials, as every record had them once. */
  design: z.enum(designs).optional(),
  /** Why this design, in a sentence for people. */
  designWhy: z.string().optional(),
  /** Of an experiment of units: their length. */
  unitMs: z.number().optional(),
  /** Requests a second of each arm, where a rate was fitted or arms shared the time, and why. */
  fitted: z.strictObject({ rate: z.number(), why: z.string() }).optional(),
  /** What all arms together take of the machine's CPU time at that rate, as found before the measurement; 0 to 1. */
  utilisation: measured.optional(),
  /** Which CPUs the load and what it measures had, and where they shared all, why; in words for people. */
  cores: z.string().optional(),
  /** Where limits were broken by a close call and all was measured again, deployed anew: what the deployments before said of them. */
  again: z.array(z.strictObject({ deployments: count, verdicts: z.array(verdictSchema) })).optional(),
  /** Unit by unit. */
  machine: z.array(machineUnitSchema).optional(),
  /** Kernel probes that were asked for. */
  probes: probesSchema.optional(),
  arms: z.array(armSchema),
  verdicts: z.array(verdictSchema),
})
export type Experiment = z.infer<typeof recordedExperimentSchema>

export const environmentSchema = z.strictObject({
  os: z.string(),
  kernel: z.string(),
  architecture: z.string(),
  cpuModel: z.string(),
  cores: z.int().positive(),
  memoryBytes: z.number(),
  /** CPU frequency governor of core 0; null where the system does not show it. */
  governor: z.string().nullable(),
  virtualization: z.string().nullable(),
  /** Versions of all that took part: node, meshmark, vitest, envoy, … */
  versions: z.record(z.string(), z.string()),
})
export type Environment = z.infer<typeof environmentSchema>

/** Whose runs a gate compared, by their ids. */
export const gateSchema = z.strictObject({
  control: z.array(z.string()),
  candidate: z.array(z.string()),
  /** What was different between them and allowed to be, a sentence each. */
  differs: z.array(z.string()),
  /** Why it is no pass whatever its verdicts say, a sentence each. Absent: nothing. */
  reasons: z.array(z.string()).optional(),
})
export type Gate = z.infer<typeof gateSchema>

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
    /** Absent: not in a git repository, or no git. */
    source: sourceSchema.optional(),
    /** Of a record that a gate has judged: the newest candidate's, with verdicts on what it is beside the control. */
    gate: gateSchema.optional(),
  }),
  environment: environmentSchema,
  experiments: z.array(recordedExperimentSchema),
})
export type RunRecord = z.infer<typeof recordSchema>

/** JSON Schema (draft 2020-12) of the run record, for readers in other languages. */
export const recordJsonSchema = () => z.toJSONSchema(recordSchema, { reused: 'ref' })
