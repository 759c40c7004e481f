import type { Distribution } from './load-result.ts'
import { median } from './numbers.ts'
import type { Arm, Experiment, ResourceUsage, Trial } from './record.ts'

type Percentile = 'meanUs' | 'p50Us' | 'p90Us' | 'p99Us' | 'p999Us' | 'maxUs'
export type Role = ResourceUsage['role']
/** By role, and the arm's own containers, app and proxies, together. */
export type Used = Record<Role | 'total', number | null>

type StreamField = 'bitsPerSecond' | 'lossRate' | 'jitterUs' | 'delayP50Us' | 'delayP99Us'
type ChurnField = 'pushMs' | 'settledMs' | 'longestGapMs'

/** An arm in one line. Numbers come from its valid trials; null where none of them measured it. */
export interface ArmSummary {
  arm: string
  control: boolean
  skipped: string | null
  trials: { valid: number; total: number }
  /** Null for a closed loop. */
  targetRate: number | null
  achievedRate: number | null
  requests: number | null
  errors: number | null
  errorsByKind: Record<string, number>
  /** Medians over trials of the trials' own percentiles; the maximum is the highest of all. */
  latency: Record<Percentile, number | null>
  /** Median over trials of the role's containers together. */
  cpuUsPerRequest: Used
  memoryBytes: Used
  /** Median over trials of the CPU time that the other arms took meanwhile; null of an arm that is alone. */
  idleCpuMs: number | null
  /** Medians over trials; null of an experiment whose load is no streams. */
  stream: Record<StreamField, number | null> | null
  /** Medians over trials, and errors beside the load; null of an experiment that changes nothing while its load runs. */
  churn: (Record<ChurnField, number | null> & { errorsByKind: Record<string, number> }) | null
  /** What the last valid trial showed. */
  evidence: string | null
}

/** Every arm of an experiment, in the experiment's order. */
export function summarize(experiment: Experiment): ArmSummary[] {
  return experiment.arms.map(summarizeArm)
}

export function summarizeArm(arm: Arm): ArmSummary {
  const trials = validTrials(arm)
  const medianOf = (read: (trial: Trial) => number | null) => median(known(trials.map(read)))
  const percentile = (field: Percentile) => medianOf(({ load }) => load.latency[field])
  const used = (field: 'cpuUsPerRequest' | 'memoryBytes'): Used => ({
    app: medianOf((trial) => roleTotal(trial, 'app', field)),
    proxy: medianOf((trial) => roleTotal(trial, 'proxy', field)),
    'control-plane': medianOf((trial) => roleTotal(trial, 'control-plane', field)),
    total: medianOf((trial) => roleTotal(trial, 'total', field)),
  })
  const errorsByKind = addedUp(trials.map(({ load }) => load.errors))
  const any = trials.length > 0
  return {
    arm: arm.name,
    control: arm.control,
    skipped: arm.skipped,
    trials: { valid: trials.length, total: arm.trials.length },
    targetRate: medianOf(({ load }) => load.targetRate),
    achievedRate: medianOf(({ load }) => load.achievedRate),
    requests: any ? sum(trials.map(({ load }) => load.requests)) : null,
    errors: any ? sum(Object.values(errorsByKind)) : null,
    errorsByKind,
    latency: {
      meanUs: percentile('meanUs'),
      p50Us: percentile('p50Us'),
      p90Us: percentile('p90Us'),
      p99Us: percentile('p99Us'),
      p999Us: percentile('p999Us'),
      maxUs: highest(trials.map(({ load }) => load.latency)),
    },
    cpuUsPerRequest: used('cpuUsPerRequest'),
    memoryBytes: used('memoryBytes'),
    idleCpuMs: medianOf((trial) => trial.idleCpuMs ?? null),
    stream: isOfStreams(arm)
      ? {
          bitsPerSecond: medianOf(({ load }) => load.stream?.bitsPerSecond ?? null),
          lossRate: medianOf(lossRate),
          jitterUs: medianOf(({ load }) => load.stream?.jitterUs ?? null),
          delayP50Us: medianOf(({ load }) => load.stream?.oneWayDelay?.p50Us ?? null),
          delayP99Us: medianOf(({ load }) => load.stream?.oneWayDelay?.p99Us ?? null),
        }
      : null,
    churn: arm.trials.some(({ churn }) => churn)
      ? {
          pushMs: medianOf(({ churn }) => churn?.pushMs ?? null),
          settledMs: medianOf(({ churn }) => churn?.settledMs ?? null),
          longestGapMs: medianOf(({ churn }) => churn?.longestGapMs ?? null),
          errorsByKind: addedUp(trials.map(({ churn }) => churn?.errors ?? {})),
        }
      : null,
    evidence: trials.findLast(({ evidence }) => evidence !== null)?.evidence?.summary ?? null,
  }
}

export const isOfStreams = ({ trials }: Arm) => trials.some(({ load }) => load.stream)

/** Datagrams that did not arrive, over all that were sent; null where there were none. */
export function lossRate({ load }: Trial): number | null {
  const { sent, lost } = load.stream?.datagrams ?? { sent: 0, lost: 0 }
  return sent > 0 ? lost / sent : null
}

export const validTrials = (arm: Arm): Trial[] => arm.trials.filter(({ validity }) => validity.valid)

/** What a role's containers used together in one trial; null when there are none, or one of them was not measured. */
export function roleTotal(trial: Trial, role: Role | 'total', field: 'cpuUsPerRequest' | 'memoryBytes'): number | null {
  const values = trial.resources
    .filter((usage) => (role === 'total' ? usage.role !== 'control-plane' : usage.role === role))
    .map((usage) => usage[field])
  const measured = known(values)
  return values.length > 0 && measured.length === values.length ? sum(measured) : null
}

function addedUp(all: readonly Record<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const errors of all) for (const [kind, n] of Object.entries(errors)) sums[kind] = (sums[kind] ?? 0) + n
  return sums
}

const known = (values: readonly (number | null)[]) => values.filter((value) => value !== null)
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

function highest(distributions: readonly Distribution[]): number | null {
  const maxima = known(distributions.map(({ maxUs }) => maxUs))
  return maxima.length === 0 ? null : Math.max(...maxima)
}
