import { span, whole } from '../../reports/numbers.ts'
import { reason } from '../../reports/reasons.ts'
import type { Arm, Verdict } from '../../reports/record.ts'
import { besideUnits } from './beside.ts'
import type { LeftUnits } from './blocks.ts'
import { estimateByUnits, type Look } from './by-units.ts'
import type { Judging } from './judging.ts'
import { lagThatMatters } from './lag.ts'
import type { Estimate, LimitCheck } from './limit.ts'
import { sampleNameOf } from './unit-values.ts'
import { distrust, leftOutLines } from './usable.ts'
import { bothEnds, decided, openVerdict, subject } from './wording.ts'

const advice = 'measure for longer, or on a quieter machine'
const unclear: Estimate = { measured: null, interval: null, outcome: 'inconclusive' }

/**
 * The verdict on one limit of an experiment of units: of a difference by the sign e-process of the units' differences, of an arm by itself by batches of units.
 * It is invalid where a trial of an arm is (a rate that was not held is an answer, no fault), where nothing was measured, or where lag decides.
 */
export function verdictByUnits(check: LimitCheck, family: number, judging: Judging): Verdict {
  const { arm, over } = check
  const open = openVerdict(check)
  const faults = [arm, over].flatMap((one) => (one ? faultsOf(one, check) : []))
  if (faults.length > 0) return { ...open, outcome: 'invalid', why: `${subject(check)}: ${faults.join('; ')}` }

  const { unitMs = 1000 } = judging
  const look: Look = { unitMs, family, running: false, from: 'latency' }
  const { points, left, ...estimate } = estimateByUnits(check, look)
  const perPoint = points.reduce((sum, { indexes }) => sum + indexes.length, 0) / Math.max(1, points.length)
  const units = { count: points.length, lengthMs: unitMs * Math.max(1, Math.round(perPoint)) }
  const basis = basisOf(check, units)
  if (!estimate.interval) return { ...open, units, leftOut: left, ...tooFew(check, estimate, basis, left) }

  const beside = besideUnits(check, points, look, judging)
  const lag = lagThatMatters(check)
  if (lag === null) return { ...open, ...decided(check, estimate, advice, basis), units, leftOut: left, ...beside }
  const fromSend = sampleNameOf(check.indicator, 'serviceTime') === 'serviceTime'
  const sent = fromSend ? estimateByUnits(check, { ...look, from: 'serviceTime' }) : unclear
  const verdict = bothEnds(check, estimate, sent, lag, advice, basis)
  const lagging = verdict.outcome === 'invalid' ? [{ reason: reason('send_lag', lag), units: points.length }] : []
  return { ...open, ...verdict, units, leftOut: [...left, ...lagging], ...beside }
}

/** Why an arm cannot be trusted, a line for each reason. */
function faultsOf(arm: Arm, { indicator }: LimitCheck): string[] {
  const left = arm.trials.flatMap((trial, i) =>
    distrust(trial, indicator).map((one) => ({ reason: one, trial: i + 1 })),
  )
  return leftOutLines(left, 'deployment').map((line) => `${arm.name}: ${line}`)
}

/** What stands behind the figures: "44 units of 1 s, one deployment". */
function basisOf({ arm, over }: LimitCheck, { count, lengthMs }: { count: number; lengthMs: number }): string {
  return [
    ` (${whole(count)} units of ${span(lengthMs)}`,
    ...(arm.trials.length === 1 ? ['one deployment'] : []),
    ...(over ? [] : ['on this machine as found']),
  ]
    .join(', ')
    .concat(')')
}

/** There is no interval. With no unit at all it is invalid, as nothing was measured, unless only more requests were needed. */
function tooFew(check: LimitCheck, { measured }: Estimate, basis: string, left: readonly LeftUnits[]) {
  const reasons = left.map(({ reason: { text }, units }) => `${text} (${whole(units)} left out)`)
  const short = left.length > 0 && left.every(({ reason: { code } }) => code === 'too_few_requests')
  const unmeasured = measured === null && !short
  const outcome = unmeasured ? ('invalid' as const) : ('inconclusive' as const)
  const what = unmeasured ? `${check.indicator.name} was not measured` : `too few units to tell${basis}: ${advice}`
  return { measured, smallestEffect: null, outcome, why: [`${subject(check)}: ${what}`, ...reasons].join('; ') }
}
