import type { Distribution, LoadResult, Stopped, TimelinePoint, Validity } from '../../../reports/load-result.ts'
import { percent } from '../../../reports/numbers.ts'
import { type Reason, reason } from '../../../reports/reasons.ts'
import { pauseOf, schedulePlan, type TargetedPlan, threadsOf } from '../plan.ts'
import { meanRate } from '../schedule/arrivals.ts'
import { countArrivals } from '../schedule/schedule.ts'
import { turnsOf } from '../schedule/turns.ts'
import { isSecure } from '../schemes.ts'
import { generatorOf } from './generator.ts'
import { toDistribution } from './histogram.ts'
import { emptyRecorder, type Recorder } from './recorder.ts'
import { highestBusyShare, highestRateOf } from './stop-rules.ts'
import { at, errorKinds, type Part, type Tally } from './tally.ts'

/** A rate is held when at least this share of it was. */
export const lowestHeldShare = 0.99

/** What was seen of the threads from outside, in the measured part. */
export interface Observed {
  /** CPU time of the process. */
  cpuUs: number
  timeline: TimelinePoint[]
  /** By which rule it was ended early; null when it was not. */
  stopped: Stopped | null
}

/** What the threads measured, as one result. */
export function loadResult(spec: TargetedPlan, tallies: readonly Tally[], observed: Observed): LoadResult {
  const { cpuUs, timeline } = observed
  const parts = tallies.map(({ measured }) => measured)
  const sum = (counter: number) => parts.reduce((total, { counters }) => total + (counters[counter] as number), 0)
  const most = (counter: number) => Math.max(...parts.map(({ counters }) => counters[counter] as number))
  const merged = (of: (part: Part) => Recorder): Distribution => {
    const all = emptyRecorder()
    for (const part of parts) all.add(of(part).counts)
    return toDistribution(all)
  }
  const stopped = earlyEnd(spec, parts, observed)
  const windowNs = (stopped?.atMs ?? spec.durationMs) * 1e6
  const { own, all: threads } = threadsOf(spec)
  /** Of all agents: arrivals are dealt out evenly. */
  const allScheduled = (sum(at.scheduled) * threads) / own
  const requests = sum(at.replies) + sum(at.unanswered)
  const durationNs = Math.max(windowNs, most(at.lastReplyNs))
  /** Rates of an arm that is loaded in turn are those in its own turns. */
  const timeShare = turnsOf(spec.arms, 0)?.measuredShare ?? 1
  const firstMessage = merged((part) => part.firstMessage)
  const busyShare = Math.min(1, most(at.busyNs) / windowNs)
  const handshakes = { full: sum(at.fullHandshakes), resumed: sum(at.resumedHandshakes) }
  const answered = tallies.some(({ warmUp }) => (warmUp.counters[at.replies] as number) > 0) || sum(at.replies) > 0
  const pause = pauseOf(spec)
  const failure = answered ? null : (tallies.find((tally) => tally.failure !== null)?.failure ?? null)
  return {
    targetRate:
      stopped && typeof spec.rate === 'object' ? (allScheduled * 1e9) / (windowNs * timeShare) : targetRateOf(spec),
    achievedRate: (sum(at.replies) * 1e9) / (durationNs * timeShare),
    requests,
    warmUpRequests: tallies.reduce((total, { warmUp }) => total + (warmUp.counters[at.sent] as number), 0),
    errors: Object.fromEntries(
      errorKinds.map((kind) => [kind, sum(at[kind])] as const).filter(([, count]) => count > 0),
    ),
    latency: merged((part) => part.latency),
    serviceTime: merged((part) => part.serviceTime),
    connectionWait: merged((part) => part.connectionWait),
    sendLag: merged((part) => part.sendLag),
    cpuUsPerRequest: requests === 0 ? null : cpuUs / requests,
    busyShare,
    generator: generatorOf(tallies),
    bytesReceived: sum(at.bytes),
    ...(firstMessage.count > 0 ? { firstMessage, messages: sum(at.messages) } : {}),
    ...(sum(at.connections) > 0 ? { connections: sum(at.connections) } : {}),
    ...(isSecure(spec.url) ? { handshakes } : {}),
    durationMs: durationNs / 1e6,
    timeline,
    ...(pause ? { pause } : {}),
    ...(stopped ? { stopped } : {}),
    validity: judge(spec, stopped, sum(at.scheduled), sum(at.onTime), busyShare, failure),
  }
}

/** Why and when the load ended before its time; null when it did not. */
function earlyEnd(
  { rate, maxRequests }: TargetedPlan,
  parts: readonly Part[],
  { stopped, timeline }: Observed,
): Stopped | null {
  const ends = parts.map(({ counters }) => counters[at.endNs] as number)
  // Threads stop a little after the rule was found broken.
  if (stopped) return { ...stopped, atMs: Math.max(stopped.atMs, ...ends.map((end) => end / 1e6)) }
  if (ends.some((end) => end === 0)) return null
  // The first arrival that is left out belongs to one of the threads; closed loops end when their last thread does.
  const endNs = rate === undefined ? Math.max(...ends) : Math.min(...ends)
  const why = `all ${maxRequests} requests were sent`
  return { by: 'maxRequests', why, atMs: endNs / 1e6, highestRate: highestRateOf(timeline) }
}

/** Arrivals a second on average; null for a closed loop. */
export const targetRateOf = ({ rate, durationMs }: Pick<TargetedPlan, 'rate' | 'durationMs'>) =>
  rate === undefined ? null : meanRate(rate, durationMs)

/**
 * A rate was held when requests left before the measured part ended and were answered: what was still queued then is load that
 * the target did not take in time. Replies under way at that moment count, or a slow and steady target would seem not to keep up.
 */
function judge(
  spec: TargetedPlan,
  stopped: Stopped | null,
  scheduled: number,
  onTime: number,
  busyShare: number,
  failure: string | null,
): Validity {
  const reasons: Reason[] =
    failure === null ? [] : [reason('nothing_answered', `nothing was answered; the first failure was: ${failure}`)]
  if (stopped?.by === 'generator') reasons.push(reason('generator_gave_up', `the load was stopped: ${stopped.why}`))
  const rate = targetRateOf(spec)
  if (rate !== null) {
    // Poisson arrivals are as many as were drawn, not rate × duration; those of a load that a rule ended as many as were due.
    const ruled = stopped !== null && stopped.by !== 'maxRequests'
    const wanted = (ruled ? null : ownArrivals(spec)) ?? scheduled
    // One request by itself shows nothing about a rate.
    if (wanted - onTime > Math.max(1, (1 - lowestHeldShare) * wanted))
      reasons.push(
        reason(
          'rate_not_held',
          `the rate was not held: ${onTime} of ${wanted} requests at ${Number(rate.toFixed(3))}/s were sent in time and answered (${percent(onTime / wanted)}, below ${percent(lowestHeldShare)})`,
        ),
      )
  }
  if (busyShare > highestBusyShare)
    reasons.push(
      reason(
        'generator_busy',
        `the load generator was at work ${percent(busyShare)} of the time, above ${percent(highestBusyShare)}: its own limits were measured; give it more threads, or ask for less`,
      ),
    )
  return { valid: reasons.length === 0, reasons }
}

/** Of all arrivals those of this agent's threads; null where chance decides. */
function ownArrivals(spec: TargetedPlan): number | null {
  const { first, own, all } = threadsOf(spec)
  const plan = schedulePlan(spec)
  const shares =
    spec.pacing === 'per-connection'
      ? // Connection c belongs to thread c modulo all threads.
        Array.from({ length: spec.connections }, (_, index) => ({ index, of: spec.connections })).filter(
          ({ index }) => index % all >= first && index % all < first + own,
        )
      : Array.from({ length: own }, (_, i) => ({ index: first + i, of: all }))
  return plan && countArrivals(plan, shares)
}
