import { indicatorOf } from './indicators.ts'
import { readingsOf } from './kernel-readings.ts'
import { span, written } from './numbers.ts'
import type { Experiment, Verdict } from './record.ts'
import { isOfUnits, measuredMs, repliesFor, unitsOf } from './units.ts'

/** With fewer units no interval is possible; so many make one that is of use. */
const usefulUnits = 30
/** Longer than this nobody waits for one answer. */
const longestSeconds = 1800
const roundTo = 30
/** With fewer blocks of units there is no interval. */
const fewestBlocks = 14
/** An interval narrows with the root of the time only on average. */
const room = 1.3

/** What to do about verdicts that noise, or a probe that ended, left open; null where there are none. */
export function adviceOf(experiment: Pick<Experiment, 'design' | 'verdicts' | 'arms'>): string | null {
  const again = afterProbe(experiment)
  if (again !== null) return again
  const ran = new Set(experiment.arms.filter(({ skipped }) => skipped === null).map(({ name }) => name))
  const open = experiment.verdicts.filter(
    ({ outcome, arm, over }) => outcome === 'inconclusive' && ran.has(arm) && (over === null || ran.has(over)),
  )
  if (open.length === 0) return null
  if (!isOfUnits(experiment)) return 'a longer --profile, or a quieter machine'
  const rate = moreRequests(experiment, open)
  if (rate !== null) return rate
  const seconds = Math.max(...open.map((verdict) => secondsNeeded(verdict, measuredMs(experiment))))
  if (seconds > longestSeconds)
    return 'what was measured lies too near to the limit for this machine to tell: a quieter machine, or another limit'
  return `--max-duration ${seconds}s, or a quieter machine`
}

/** Where a limit is on what a probe sees, and bpftrace ended before it was read: no longer time would help. */
function afterProbe({ verdicts, arms }: Pick<Experiment, 'verdicts' | 'arms'>): string | null {
  const undecided = verdicts.filter(({ outcome }) => outcome === 'inconclusive' || outcome === 'invalid')
  const wanted = new Set(undecided.map(({ indicator }) => indicatorOf(indicator)?.probe))
  const ended = arms
    .flatMap(({ trials }) => trials.flatMap(readingsOf))
    .find(({ probe, reason }) => wanted.has(probe) && /\bbpftrace (ended|had)/.test(reason ?? ''))
  return ended ? `run it again: ${ended.probe} was not read, as ${ended.reason?.split(': ')[0]}` : null
}

/** Where a percentile takes more replies than anybody waits for: how many, and for how long. */
function moreRequests(experiment: Pick<Experiment, 'design' | 'arms'>, open: readonly Verdict[]): string | null {
  const rates = experiment.arms.flatMap((arm) => {
    const requests = unitsOf(arm).reduce((sum, unit) => sum + unit.requests, 0)
    return requests === 0 ? [] : [requests / (measuredMs(experiment) / 1000)]
  })
  for (const { indicator: name, leftOut = [] } of open) {
    const indicator = indicatorOf(name)
    if (!indicator || !leftOut.some(({ reason }) => reason.code === 'too_few_requests')) continue
    const replies = fewestBlocks * repliesFor(indicator)
    const seconds = replies / Math.min(...rates)
    if (Number.isFinite(seconds) && seconds > longestSeconds)
      return `a higher rate: ${indicator.title} takes ${written(replies)} replies, at this one ${span(1000 * seconds)}`
  }
  return null
}

/**
 * For how long to measure until the interval lies on one side of its limit: it narrows with the root of the number of units, and that of a rate of
 * failures, which has no units, with the number of requests.
 */
function secondsNeeded({ measured, interval, limit, units }: Verdict, experimentMs: number): number {
  const { count, lengthMs } = units ?? { count: experimentMs / 1000, lengthMs: 1000 }
  const rounded = (needed: number) => roundTo * Math.ceil((needed * lengthMs) / 1000 / roundTo)
  if (measured === null || interval === null)
    return rounded(Math.max(usefulUnits, 2 * count, (2 * experimentMs) / lengthMs))
  const [low, high] = interval
  const factors = [limit.min, limit.max]
    .filter((bound) => bound !== undefined && low <= bound && bound <= high)
    .map((bound = 0) => (measured < bound ? high - measured : measured - low) / Math.abs(measured - bound))
  return rounded(count * room * Math.max(1, ...factors) ** (units ? 2 : 1))
}
