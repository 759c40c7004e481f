import { pooledDistribution } from './histogram.ts'
import { type Indicator, indicators } from './indicators.ts'
import { median } from './numbers.ts'
import type { Arm, Experiment, Trial } from './record.ts'
import { isOfUnits, unitsOf } from './units.ts'

/** An arm in one line. Numbers come from its valid trials; null where none of them measured it. */
export interface ArmSummary {
  arm: string
  control: boolean
  skipped: string | null
  trials: { valid: number; total: number }
  /** Of an arm that is measured by units: how many, and how long they are together. Null of trials. */
  units: { count: number; seconds: number } | null
  requests: number | null
  errors: number | null
  errorsByKind: Record<string, number>
  /**
   * Every indicator of the table by name: the median over trials, or what its `ofArm` makes of them. Of an arm of units, a percentile
   * is one of all its requests.
   */
  values: Record<string, number | null>
  /** Median over trials of the CPU time that the other arms took meanwhile; null of an arm that is alone. */
  idleCpuMs: number | null
  /** Whether its load is one of streams, which have no replies, and whether something was changed under it. */
  streams: boolean
  changes: boolean
  /** Failures beside the load, on new connections. */
  newConnectionErrorsByKind: Record<string, number>
  /** What the last valid trial showed. */
  evidence: string | null
}

/** Every arm of an experiment, in the experiment's order. */
export function summarize(experiment: Experiment): ArmSummary[] {
  const unitMs = isOfUnits(experiment) ? (experiment.unitMs ?? 1000) : undefined
  return experiment.arms.map((arm) => summarizeArm(arm, unitMs))
}

/** One arm; see ArmSummary. `unitMs`: how long its units are, where it is measured by units. */
export function summarizeArm(arm: Arm, unitMs?: number): ArmSummary {
  const trials = validTrials(arm)
  const count = unitMs === undefined ? 0 : unitsOf(arm).length
  const [pooled] = unitMs === undefined ? [] : pooledTrial(trials)
  const value = ({ of, ofArm, distribution }: Indicator) => {
    if (ofArm) return ofArm(trials)
    return pooled && distribution ? of(pooled) : medianOf(trials, of)
  }
  const errorsByKind = addedUp(trials.map(({ load }) => load.errors))
  const any = trials.length > 0
  return {
    arm: arm.name,
    control: arm.control,
    skipped: arm.skipped,
    trials: { valid: trials.length, total: arm.trials.length },
    units: unitMs === undefined ? null : { count, seconds: (count * unitMs) / 1000 },
    requests: any ? sum(trials.map(({ load }) => load.requests)) : null,
    errors: any ? sum(Object.values(errorsByKind)) : null,
    errorsByKind,
    values: Object.fromEntries(indicators.map((indicator) => [indicator.name, value(indicator)])),
    idleCpuMs: medianOf(trials, ({ idleCpuMs }) => idleCpuMs ?? null),
    streams: isOfStreams(arm),
    changes: arm.trials.some(({ churn }) => churn),
    newConnectionErrorsByKind: addedUp(trials.map(({ churn }) => churn?.errors ?? {})),
    evidence: evidenceOf(trials, unitMs !== undefined),
  }
}

/** What was counted in the last of them that has evidence. */
function evidenceOf(trials: readonly Trial[], areDeployments: boolean): string | null {
  const proven = trials.flatMap(({ evidence }) => evidence ?? [])
  const last = proven.at(-1)?.summary
  if (last === undefined) return null
  return areDeployments && proven.length > 1 && /\d/.test(last) ? `${last} in the last deployment` : last
}

/** The trials of an arm's deployments as one that has the latencies of all; none of none. */
function pooledTrial(trials: readonly Trial[]): Trial[] {
  const [first] = trials
  if (!first) return []
  const firstMessages = trials.flatMap(({ load }) => load.firstMessage ?? [])
  const latency = pooledDistribution(trials.map(({ load }) => load.latency))
  const firstMessage = firstMessages.length > 0 ? { firstMessage: pooledDistribution(firstMessages) } : {}
  return [{ ...first, load: { ...first.load, latency, ...firstMessage } }]
}

/** Whether the load of its trials is one of streams. */
export const isOfStreams = ({ trials }: Arm) => trials.some(({ load }) => load.stream)

export const validTrials = (arm: Arm): Trial[] => arm.trials.filter(({ validity }) => validity.valid)

const medianOf = (trials: readonly Trial[], read: (trial: Trial) => number | null) =>
  median(trials.map(read).filter((value) => value !== null))

function addedUp(all: readonly Record<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const errors of all) for (const [kind, n] of Object.entries(errors)) sums[kind] = (sums[kind] ?? 0) + n
  return sums
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
