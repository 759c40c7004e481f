import type { Trial } from '../../reports/record.ts'
import type { LoadProgress } from '../load/result/progress.ts'
import { targetRateOf } from '../load/result/result.ts'
import type { LiveInterval } from '../verdict/clearness.ts'
import type { ExperimentSpec } from './spec.ts'
import type { TrialProgress } from './trial.ts'

/** Where an experiment stands. The numbers are live: of the last second, or else of the arm's last trial. */
export interface ExperimentProgress {
  /** From 1; 0 before the first. */
  trial: number
  trials: number
  arm: string
  phase: 'deploying' | 'conditioning' | LoadProgress['phase']
  targetRate: number | null
  rate: number | null
  p99Us: number | null
  /** Of streams. */
  bitsPerSecond?: number | undefined
  leftMs: number
}

export type { LiveInterval }

/** Where an experiment of units stands: all of its arms at once. */
export interface UnitsProgress {
  kind: 'units'
  phase: 'deploying' | 'conditioning' | 'warm-up' | 'measured'
  /** What is done before the measurement, e.g. "deploying envoy"; empty while measuring. */
  text: string
  /** Of the measured time, and the most that it may take. */
  elapsedMs: number
  maxMs: number
  /** Of the last unit. */
  arms: { arm: string; rate: number | null; p99Us: number | null }[]
  /** The limits that are not clear yet. */
  open: LiveInterval[]
  /** In about so long all of them are; null where that cannot be told. */
  clearInMs: number | null
}

/** Before the measurement. */
export const unitsStage = (
  phase: UnitsProgress['phase'],
  text: string,
  { maxDurationMs: maxMs }: { maxDurationMs: number },
): UnitsProgress => ({ kind: 'units', phase, text, elapsedMs: 0, maxMs, arms: [], open: [], clearInMs: null })

/**
 * In about how long all of these limits are clear: an interval becomes narrower with the root of the number of units. Null where one of
 * them has none, or its estimate lies at the limit.
 */
export function clearInMs(open: readonly LiveInterval[], unitMs: number): number | null {
  const waits = open.map(({ measured, interval, limit, units }) => {
    if (interval === null || measured === null) return null
    const edges = [limit.max, limit.min].filter((edge) => edge !== undefined)
    const needed = edges.map((edge) => {
      const reach = edge > measured ? interval[1] - measured : measured - interval[0]
      return edge === measured ? Number.POSITIVE_INFINITY : units * (reach / (edge - measured)) ** 2
    })
    const wait = (Math.max(...needed) - units) * unitMs
    return Number.isFinite(wait) ? Math.max(unitMs, wait) : null
  })
  return waits.length === 0 || waits.includes(null) ? null : Math.max(...waits.map((wait) => wait ?? 0))
}

type Live = Pick<ExperimentProgress, 'rate' | 'p99Us' | 'bitsPerSecond'> & { targetRate?: number | null }

// Start of the agent and reading of evidence, for the estimate of the time left.
const overheadMs = 400
/** Once an earlier search has shown where to look. */
const loadsPerSearch = 6
const nothingYet: Live = { rate: null, p99Us: null }

/** Turns what happens in an experiment of `planned` trials into progress. */
export function reporting(
  { load, search }: Pick<ExperimentSpec, 'load' | 'search'>,
  planned: number,
  onProgress: (progress: ExperimentProgress) => void,
) {
  const trialMs = (load.warmUpMs + load.durationMs + overheadMs) * (search ? loadsPerSearch : 1)
  const last = new Map<string, Live>()
  const report = (trial: number, arm: string, phase: ExperimentProgress['phase'], live: Live, elapsedMs = 0) =>
    onProgress({
      trial,
      trials: Math.max(planned, trial),
      arm,
      phase,
      targetRate: live.targetRate ?? targetRateOf(load),
      rate: live.rate,
      p99Us: live.p99Us,
      bitsPerSecond: live.bitsPerSecond,
      leftMs: Math.max(0, (planned - Math.max(0, trial - 1)) * trialMs - elapsedMs),
    })
  return {
    stage: (phase: 'deploying' | 'conditioning', arm = '') => report(0, arm, phase, nothingYet),
    /** A trial begins. Returns what takes its progress. */
    trial(trial: number, arm: string) {
      report(trial, arm, 'warm-up', last.get(arm) ?? nothingYet)
      return ({ phase, elapsedMs, ...live }: TrialProgress) =>
        report(trial, arm, phase, live, phase === 'measured' ? load.warmUpMs + elapsedMs : elapsedMs)
    },
    ended: ({ arm, load: { achievedRate, latency, stream } }: Trial) =>
      void last.set(arm, { rate: achievedRate, p99Us: latency.p99Us, bitsPerSecond: stream?.bitsPerSecond }),
  }
}
