import { indicators } from './indicators.ts'
import { median } from './numbers.ts'
import type { Arm, Experiment, Trial } from './record.ts'

/** An arm in one line. Numbers come from its valid trials; null where none of them measured it. */
export interface ArmSummary {
  arm: string
  control: boolean
  skipped: string | null
  trials: { valid: number; total: number }
  requests: number | null
  errors: number | null
  errorsByKind: Record<string, number>
  /** Every indicator of the table by name: the median over trials, or what its `ofArm` makes of them. */
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
  return experiment.arms.map(summarizeArm)
}

/** One arm; see ArmSummary. */
export function summarizeArm(arm: Arm): ArmSummary {
  const trials = validTrials(arm)
  const errorsByKind = addedUp(trials.map(({ load }) => load.errors))
  const any = trials.length > 0
  return {
    arm: arm.name,
    control: arm.control,
    skipped: arm.skipped,
    trials: { valid: trials.length, total: arm.trials.length },
    requests: any ? sum(trials.map(({ load }) => load.requests)) : null,
    errors: any ? sum(Object.values(errorsByKind)) : null,
    errorsByKind,
    values: Object.fromEntries(
      indicators.map(({ name, of, ofArm }) => [name, ofArm ? ofArm(trials) : medianOf(trials, of)]),
    ),
    idleCpuMs: medianOf(trials, ({ idleCpuMs }) => idleCpuMs ?? null),
    streams: isOfStreams(arm),
    changes: arm.trials.some(({ churn }) => churn),
    newConnectionErrorsByKind: addedUp(trials.map(({ churn }) => churn?.errors ?? {})),
    evidence: trials.findLast(({ evidence }) => evidence !== null)?.evidence?.summary ?? null,
  }
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
