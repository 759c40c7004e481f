import type { Distribution, LoadResult, Stopped, TimelinePoint } from '../../../reports/load-result.ts'
import { percent, span } from '../../../reports/numbers.ts'
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
import { at, connectionsAt, type ErrorKind, errorKinds, type Part, type Tally } from './tally.ts'
import { brokenRules } from './validity.ts'

/** A rate is held when at least this share of it was. */
export const lowestHeldShare = 0.99

/** What was seen of the threads from outside, in the measured part. */
export interface Observed {
  /** CPU time of the process. */
  cpuUs: number
  /** For how long its container's CPU limit held it up; null where nothing tells. */
  throttledMs: number | null
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
  const pause = pauseOf(spec)
  const kinds = (counters: Readonly<Record<ErrorKind, number>>) =>
    Object.fromEntries(errorKinds.map((kind) => [kind, sum(counters[kind])] as const).filter(([, count]) => count > 0))
  const errors = kinds(at)
  const failedConnections = kinds(connectionsAt)
  const words = errorKinds
    .filter((kind) => (errors[kind] ?? failedConnections[kind]) !== undefined)
    .map((kind) => [kind, tallies.map((tally) => tally.words(kind)).find(Boolean) ?? ownWords(spec, kind)] as const)
    .filter(([, text]) => text !== '')
  const kept = { asked: sum(at.keptAsked), had: sum(at.keptHad), open: sum(at.keptOpen) }
  const surplus = { replies: sum(at.surplus), doubtful: sum(at.doubtful) }
  const warmUpRequests = tallies.reduce((total, { warmUp }) => total + (warmUp.counters[at.sent] as number), 0)
  const told = {
    ...{ requests, errors },
    ...(words.length > 0 ? { errorWords: Object.fromEntries(words) } : {}),
    ...(kept.asked > 0 ? { keptConnections: kept } : {}),
    ...(Object.keys(failedConnections).length > 0 ? { failedConnections } : {}),
    ...(surplus.replies > 0 ? { surplus } : {}),
  }
  const reasons = [
    ...brokenRules({ ...told, answered: sum(at.replies), sent: sum(at.sent) + warmUpRequests }),
    ...brokenRateRules(spec, stopped, sum(at.scheduled), sum(at.onTime), busyShare),
  ]
  return {
    ...told,
    targetRate:
      stopped && typeof spec.rate === 'object' ? (allScheduled * 1e9) / (windowNs * timeShare) : targetRateOf(spec),
    achievedRate: (sum(at.replies) * 1e9) / (durationNs * timeShare),
    warmUpRequests,
    latency: merged((part) => part.latency),
    serviceTime: merged((part) => part.serviceTime),
    connectionWait: merged((part) => part.connectionWait),
    sendLag: merged((part) => part.sendLag),
    cpuUsPerRequest: requests === 0 ? null : cpuUs / requests,
    busyShare,
    generator: { ...generatorOf(tallies), throttledMs: observed.throttledMs },
    bytesReceived: sum(at.bytes),
    ...(firstMessage.count > 0 ? { firstMessage, messages: sum(at.messages) } : {}),
    ...(sum(at.connections) > 0 ? { connections: sum(at.connections) } : {}),
    ...(isSecure(spec.url) ? { handshakes } : {}),
    durationMs: durationNs / 1e6,
    timeline,
    ...(pause ? { pause } : {}),
    ...(stopped ? { stopped } : {}),
    validity: { valid: reasons.length === 0, reasons },
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
function brokenRateRules(
  spec: TargetedPlan,
  stopped: Stopped | null,
  scheduled: number,
  onTime: number,
  busyShare: number,
): Reason[] {
  const reasons: Reason[] = []
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
  return reasons
}

/** What there is to say about an error that nobody else said anything about; empty: nothing. */
function ownWords({ timeoutMs }: TargetedPlan, kind: ErrorKind): string {
  if (kind === 'timeout') return `no reply within ${span(timeoutMs)}`
  if (kind === 'connect') return `no connection within ${span(timeoutMs)}`
  if (kind === 'unsent') return 'no connection was free for them in time'
  if (kind === 'shed') return 'more arrivals waited than the backlog holds'
  if (kind === 'closed') return 'the connection ended before the reply did'
  return ''
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
