import { reason } from '../../reports/reasons.ts'
import type { Arm, Trial, Verdict } from '../../reports/record.ts'
import { lagThatMatters } from './lag.ts'
import { compare, type Estimate, type LimitCheck } from './limit.ts'
import { difference, mannWhitney, ratio, shift, shiftInterval } from './statistics/rank-sum.ts'
import { location, locationInterval } from './statistics/signed-rank.ts'
import { leftOutLines, type Usable, usableValues } from './usable.ts'
import { bothEnds, decided, openVerdict, subject } from './wording.ts'

/** With fewer trials an arm no exact interval of 95 % has two ends. */
export const minimumTrials = 6

/** The verdict on one limit of an experiment of trials, by exact intervals of ranks. */
export function verdictByTrials(check: LimitCheck, family: number): Verdict {
  const { arm, over } = check
  const usable = usableOf(check, (trial) => trial)
  const [mine = [], theirs] = usable.map(({ values }) => values)
  const open = { ...openVerdict(check), trials: { arm: mine.length, over: theirs?.length ?? null } }
  if (usable.some(({ values }) => values.length < minimumTrials)) {
    const left = usable.flatMap((one, i) => leftOutLines(one.left).map((line) => `${[arm, over][i]?.name}: ${line}`))
    const counts = usable.map(({ values }) => values.length).join(' and ')
    const few = `${subject(check)}: too few usable trials (${counts}; ${minimumTrials} an arm are needed)`
    const wrong = usable.some((one) => one.left.some(({ reason: { code } }) => !unfound.includes(code)))
    return { ...open, outcome: wrong ? 'invalid' : 'inconclusive', why: [few, ...left].join('; ') }
  }
  const estimate = estimateOf(check, mine, theirs, family)
  const pValue = theirs ? mannWhitney(mine, theirs) : null
  const lag = lagThatMatters(check)
  if (lag === null) return { ...open, ...decided(check, estimate, advice), pValue }
  const [sent, others] = usableOf(check, fromSend).map(({ values }) => values)
  const other = estimateOf(check, sent ?? [], others, family)
  return { ...open, ...bothEnds(check, estimate, other, lag, advice), pValue }
}

/** What the trials that can be trusted say of a limit, however few they are: a figure of the run. Nothing where there is none. */
export function estimateByTrials(check: LimitCheck): Estimate {
  const [mine = [], theirs] = usableOf(check, (trial) => trial).map(({ values }) => values)
  if (mine.length === 0 || theirs?.length === 0) return { measured: null, interval: null, outcome: 'inconclusive' }
  return estimateOf(check, mine, theirs, 1)
}

/** A search that ended without a rate tells of noise, or of a range too high: what it measured was what was asked. */
const unfound: readonly string[] = ['rate_not_found', 'rate_not_confirmed']

const advice = 'more trials or a quieter machine are needed'

/** The values of each arm; of a ratio without the trials in which the other arm's was 0. */
function usableOf({ indicator, kind, arm, over }: LimitCheck, as: (trial: Trial) => Trial): Usable[] {
  const of = ({ trials }: Arm) => usableValues({ trials: trials.map(as) }, indicator)
  const theirs = over && of(over)
  if (theirs && kind === 'share' && theirs.values.some((value) => value === 0)) {
    const why = reason('control_at_zero', `${indicator.name} was 0, of which nothing is a share`)
    const zero = over.trials.filter((trial) => indicator.of(as(trial)) === 0)
    theirs.values = theirs.values.filter((value) => value !== 0)
    theirs.left.push(...zero.map(({ index }) => ({ reason: why, trial: index })))
  }
  return [of(arm), ...(theirs ? [theirs] : [])]
}

/** The trial as if the generator's lateness had cost nothing: each request counts from its actual send. */
const fromSend = (trial: Trial): Trial => ({ ...trial, load: { ...trial.load, latency: trial.load.serviceTime } })

/** Of an arm alone its location; beside another, the difference or the ratio. Several budgets share the error of the side on which they are broken. */
function estimateOf(
  { kind, limit }: LimitCheck,
  mine: readonly number[],
  theirs: readonly number[] | undefined,
  family: number,
): Estimate {
  const contrast = kind === 'share' ? ratio : difference
  const [lowError, highError] = limit.max === undefined ? [0.025, 0.025 / family] : [0.025 / family, 0.025]
  const interval = theirs ? shiftInterval(mine, theirs, { contrast, lowError, highError }) : locationInterval(mine)
  const measured = theirs ? shift(mine, theirs, contrast) : location(mine)
  return { measured, interval, outcome: interval ? compare(limit, interval) : 'inconclusive' }
}
