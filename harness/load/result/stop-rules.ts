import type { Stopped, TimelinePoint } from '../../../reports/load-result.ts'
import { percent } from '../../../reports/numbers.ts'
import type { TargetedPlan } from '../plan.ts'
import { at, type Tally } from './tally.ts'

/** A generator that is at work for more of the time measures its own limits. */
export const highestBusyShare = 0.9
const generatorPatienceMs = 3000
/** Timers come late, and never early: an interval may seem a little short after a late one. */
const slackMs = 100
/** The last interval may be short, and then its rate is chance. */
const shortestIntervalMs = 500

/** Takes each interval of the measured part; returns why the load is to stop, once it is. */
export type StopRules = (point: TimelinePoint) => Stopped | null

/** The rules of a load: those it was given, and that a rate which the generator cannot make is given up. */
export function stopRules(spec: TargetedPlan, tallies: readonly Tally[]): StopRules {
  const { stopWhen } = spec
  const behind = fallingBehind(tallies)
  const rules: { by: Stopped['by']; forMs: number; broken: (point: TimelinePoint) => string | null }[] = []
  if (stopWhen?.errorRate !== undefined) {
    const limit = stopWhen.errorRate
    rules.push({
      by: 'errorRate',
      forMs: stopWhen.forMs,
      broken: ({ errors, requests }) =>
        errors > limit * requests
          ? `${percent(errors / requests)} of the requests failed, above ${percent(limit)}`
          : null,
    })
  }
  if (stopWhen?.p99Ms !== undefined) {
    const limit = stopWhen.p99Ms
    rules.push({
      by: 'p99Ms',
      forMs: stopWhen.forMs,
      broken: ({ p99Us }) =>
        p99Us !== null && p99Us > limit * 1000 ? `p99 was ${(p99Us / 1000).toFixed(1)} ms, above ${limit} ms` : null,
    })
  }
  if (spec.rate !== undefined) rules.push({ by: 'generator', forMs: generatorPatienceMs, broken: behind })
  const brokenFrom = rules.map((): number | null => null)
  let before = 0
  const timeline: TimelinePoint[] = []
  return (point) => {
    const from = before
    before = point.atMs
    timeline.push(point)
    for (const [i, { by, forMs, broken }] of rules.entries()) {
      const why = broken(point)
      // An interval in which nothing ended shows neither that a limit was kept nor that it was broken.
      if (why === null) {
        if (point.requests > 0 || by === 'generator') brokenFrom[i] = null
        continue
      }
      brokenFrom[i] ??= from
      const lastedMs = point.atMs - brokenFrom[i]
      if (lastedMs < forMs - slackMs) continue
      return {
        by,
        why: `${why}, for ${(lastedMs / 1000).toFixed(1)} s`,
        atMs: point.atMs,
        highestRate: highestRateOf(timeline),
      }
    }
    return null
  }
}

/** Requests a second that succeeded in the best interval; null when none was long enough for a rate. */
export function highestRateOf(timeline: readonly TimelinePoint[]): number | null {
  const rates = timeline.flatMap(({ atMs, requests, errors }, i) => {
    const ms = atMs - (timeline[i - 1]?.atMs ?? 0)
    return ms < shortestIntervalMs ? [] : ((requests - errors) * 1000) / ms
  })
  return rates.length === 0 ? null : Math.max(...rates)
}

/** Whether a thread was at work nearly all of the time and got further behind its schedule, since the last call. */
function fallingBehind(tallies: readonly Tally[]): (point: TimelinePoint) => string | null {
  const threads = tallies.map(({ measured: { counters } }) => ({ counters, busyNs: 0, behindNs: 0 }))
  let before = 0
  return ({ atMs }) => {
    const intervalNs = (atMs - before) * 1e6
    before = atMs
    let why: string | null = null
    for (const thread of threads) {
      const busyNs = thread.counters[at.busyNs] as number
      const behindNs = thread.counters[at.behindNs] as number
      const busyShare = Math.min(1, (busyNs - thread.busyNs) / intervalNs)
      if (busyShare > highestBusyShare && behindNs > thread.behindNs)
        why = `the load generator could not hold the rate: it was at work ${percent(busyShare)} of the time and fell ${(behindNs / 1e6).toFixed(0)} ms behind`
      thread.busyNs = busyNs
      thread.behindNs = behindNs
    }
    return why
  }
}
