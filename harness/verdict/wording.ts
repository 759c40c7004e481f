import { figuresOf } from '../../reports/claim.ts'
import type { Verdict } from '../../reports/record.ts'
import type { Estimate, LimitCheck } from './limit.ts'

const confidence = 0.95

/** "p99Ms of envoy", "envoy adds to baseline at p99Ms". */
export function subject({ kind, indicator: { name }, arm, over }: LimitCheck): string {
  if (!over) return `${name} of ${arm.name}`
  return kind === 'share'
    ? `${name} of ${arm.name} over that of ${over.name}`
    : `${arm.name} adds to ${over.name} at ${name}`
}

/** What of a verdict is known before anything is judged. `trials` are those that there are. */
export const openVerdict = ({ kind, indicator, limit, arm, over }: LimitCheck) => ({
  ...{ kind, indicator: indicator.name, unit: kind === 'share' ? '×' : indicator.unit, limit },
  ...{ arm: arm.name, over: over?.name ?? null, measured: null, interval: null, confidence, pValue: null },
  trials: { arm: arm.trials.length, over: over ? over.trials.length : null },
})

type Decided = Pick<Verdict, 'measured' | 'interval' | 'outcome' | 'why' | 'smallestEffect'>

/**
 * An estimate in figures and in one sentence. `advice` is what to do where it is not clear, `basis` what stands behind it. The smallest effect is the distance from the
 * estimate to the farther end of its interval: a limit at least that far away would have been clear.
 */
export function decided(check: LimitCheck, estimate: Estimate, advice: string, basis = ''): Decided {
  const { measured, interval: ends, outcome } = estimate
  const interval: [number, number] | null = ends && [ends.low, ends.high]
  const smallestEffect = measured === null || !ends ? null : Math.max(measured - ends.low, ends.high - measured)
  const { unit, limit } = openVerdict(check)
  const figures = figuresOf({ unit, measured, interval, limit })
  const able = smallestEffect === null ? null : figuresOf({ unit, measured: smallestEffect, interval, limit }).measured
  const consequence = {
    pass: 'the whole interval keeps it',
    fail: 'the whole interval breaks it',
    inconclusive: `the interval lies on both sides, and a limit ${able} away could have been told: ${advice}`,
  }[outcome]
  const why = `${subject(check)}: ${figures.measured} ${figures.interval}, target ${figures.limit}: ${consequence}${basis}`
  return { measured, interval, smallestEffect, outcome, why }
}

/**
 * Where the generator's lateness may decide, the verdict is given for both ends: from the intended start and from the actual send. Only where they
 * agree it stands.
 */
export function bothEnds(check: LimitCheck, due: Estimate, sent: Estimate, lag: string, advice: string, basis = '') {
  const other = decided(check, sent, advice)
  const { unit, limit } = openVerdict(check)
  const { measured, interval } = figuresOf({ ...other, unit, limit })
  if (due.outcome === sent.outcome)
    return decided(
      check,
      due,
      advice,
      `${basis}; ${lag}, and from the actual send it is the same: ${measured} ${interval}`,
    )
  return {
    ...{ measured: null, interval: null, smallestEffect: null, outcome: 'invalid' as const },
    why: `${subject(check)}: ${lag}, and decides: ${due.outcome} from the intended start, ${sent.outcome} from the actual send (${measured} ${interval})${basis}`,
  }
}
