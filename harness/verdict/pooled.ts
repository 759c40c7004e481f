import { whole } from '../../reports/numbers.ts'
import type { Reason } from '../../reports/reasons.ts'
import type { Arm, Trial, Verdict } from '../../reports/record.ts'
import { compare, type Estimate, type LimitCheck } from './limit.ts'
import { type Count, clopperPearson, shareDifference, shareRatio, shareSequence } from './statistics/binomial.ts'
import { mismatches } from './usable.ts'
import { decided, openVerdict, subject } from './wording.ts'

/** A limit of 0 cannot be shown to hold: it is kept where nothing failed. */
const noneSeen = ({ limit: { max } }: LimitCheck, { failed }: Count) => max === 0 && failed === 0

/**
 * Judges a share of failures by all of them over all requests, with a binomial bound: an outage in one unit or trial is never outvoted. While it is running,
 * by bounds that hold at every moment. Several budgets share the error of the side on which they are broken.
 */
export function pooledEstimate(check: LimitCheck, { running, family }: { running: boolean; family: number }): Estimate {
  const { arm, over, limit, kind } = check
  const [mine, theirs] = [countOf(check, arm), over ? countOf(check, over) : null]
  const nothing: Estimate = { measured: null, interval: null, outcome: 'inconclusive' }
  if (mine.all === 0 || theirs?.all === 0) return nothing
  const judged = (measured: number, interval: Estimate['interval']): Estimate => {
    if (!interval) return nothing
    return { measured, interval, outcome: noneSeen(check, mine) ? 'pass' : compare(limit, interval) }
  }
  const share = mine.failed / mine.all
  if (!theirs) return judged(share, boundsAt(0.05, running)(mine))
  const contrast = kind === 'share' ? shareRatio : shareDifference
  const alone = contrast(mine, theirs, boundsAt(0.05, running))
  const shared = contrast(mine, theirs, boundsAt(0.05 / family, running))
  const [low, high] = limit.max === undefined ? [alone?.low, shared?.high] : [shared?.low, alone?.high]
  const other = theirs.failed / theirs.all
  return judged(
    kind === 'share' ? share / other : share - other,
    low === undefined || high === undefined ? null : { low, high },
  )
}

const boundsAt = (error: number, running: boolean) => (count: Count) =>
  running ? shareSequence(count, error) : clopperPearson(count, error)

/** The verdict on failures, of all trials together and also of those that they have spoiled. Where evidence does not fit, or the other arm does not work, only a fail counts. */
export function pooledVerdict(check: LimitCheck, family: number): Verdict {
  const { indicator, arm, over } = check
  const count = (of: Arm) => countOf(check, of)
  const { happened = 'failed' } = indicator
  const open = openVerdict(check)
  const empty = [arm, over].find((one) => one && count(one).all === 0)
  if (empty) {
    const why = `${subject(check)}: ${indicator.name} was not measured on ${empty.name}`
    return { ...open, outcome: 'invalid', why }
  }
  const estimate = pooledEstimate(check, { running: false, family })
  if (estimate.measured === null) {
    const why = `${subject(check)}: none of ${over?.name} ${happened}, and of that nothing is a share`
    return { ...open, outcome: 'inconclusive', why }
  }
  const wrong = [arm, over].find((one) => one?.trials.some(mismatches))
  if (wrong && estimate.outcome !== 'fail')
    return { ...open, outcome: 'invalid', why: `${subject(check)}: the evidence of ${wrong.name} does not fit it` }
  // As bad as one that does not work is not good.
  const broken = over?.trials.find(fails)
  if (over && broken && estimate.outcome !== 'fail') {
    const why = `${subject(check)}: ${over.name} itself does not work: ${reasonsOf(broken)}`
    return { ...open, outcome: 'invalid', why }
  }
  const mine = count(arm)
  const seen = `${whole(mine.failed)} of ${whole(mine.all)} ${happened}`
  if (!noneSeen(check, mine)) return { ...open, ...decided(check, estimate, 'more requests are needed', `; ${seen}`) }
  const why = `${subject(check)}: ${seen}, and a limit of 0 can ask for no more`
  return { ...open, ...decided(check, estimate, ''), why }
}

const isFailing = ({ code }: Reason) => code === 'errors_above_limit'
const fails = ({ validity }: Trial) => validity.reasons.some(isFailing)
const reasonsOf = ({ validity }: Trial) =>
  validity.reasons
    .filter(isFailing)
    .map(({ text }) => text)
    .join('; ')

/** Failures of an arm's trials. Of one that is running they are those so far; what only its end tells is not known yet. */
function countOf({ indicator }: LimitCheck, { trials }: Arm): Count {
  const counts = trials.map((trial) => indicator.counts?.(trial) ?? { failed: 0, all: 0 })
  const sum = (field: keyof Count) => counts.reduce((total, count) => total + count[field], 0)
  return { failed: sum('failed'), all: sum('all') }
}
