import type { Distribution, LoadResult, TimelinePoint, Validity } from '../../reports/record.ts'
import { emptyRecorder, type Recorder } from './histogram.ts'
import { arrivalCount } from './schedule.ts'
import { isSecure } from './schemes.ts'
import { type LoadSpec, threadsOf } from './spec.ts'
import { at, errorKinds, type Part, type Tally } from './tally.ts'

const lowestHeldShare = 0.99
const highestBusyShare = 0.9

/** What the threads measured, as one result. `cpuUs` is the process's CPU time over the measured part. */
export function loadResult(
  spec: LoadSpec,
  tallies: readonly Tally[],
  cpuUs: number,
  timeline: TimelinePoint[],
): LoadResult {
  const parts = tallies.map(({ measured }) => measured)
  const sum = (counter: number) => parts.reduce((total, { counters }) => total + (counters[counter] as number), 0)
  const most = (counter: number) => Math.max(...parts.map(({ counters }) => counters[counter] as number))
  const merged = (of: (part: Part) => Recorder): Distribution => {
    const all = emptyRecorder()
    for (const part of parts) all.add(of(part).counts)
    return all.toDistribution()
  }
  const windowNs = spec.duration * 1e6
  const requests = sum(at.requests)
  const durationNs = Math.max(windowNs, most(at.lastReplyNs))
  const firstMessage = merged((part) => part.firstMessage)
  const busyShare = Math.min(1, most(at.busyNs) / windowNs)
  const handshakes = { full: sum(at.fullHandshakes), resumed: sum(at.resumedHandshakes) }
  const answered = tallies.some(({ warmUp }) => (warmUp.counters[at.replies] as number) > 0) || sum(at.replies) > 0
  const failure = answered ? null : (tallies.find((tally) => tally.failure !== null)?.failure ?? null)
  return {
    targetRate: spec.rate ?? null,
    achievedRate: (sum(at.replies) * 1e9) / durationNs,
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
    bytesReceived: sum(at.bytes),
    ...(firstMessage.count > 0 ? { firstMessage, messages: sum(at.messages) } : {}),
    connections: sum(at.connections),
    ...(isSecure(spec.url) ? { handshakes } : {}),
    durationMs: durationNs / 1e6,
    timeline,
    validity: judge(spec, sum(at.scheduled), sum(at.onTime), busyShare, failure),
  }
}

/**
 * A rate was held when requests left before the measured part ended and were answered: what was still queued then is load that
 * the target did not take in time. Replies under way at that moment count, or a slow and steady target would seem not to keep up.
 */
function judge(spec: LoadSpec, scheduled: number, onTime: number, busyShare: number, failure: string | null): Validity {
  const reasons = failure === null ? [] : [`nothing was answered; the first failure was: ${failure}`]
  if (spec.rate !== undefined) {
    // Poisson arrivals are as many as were drawn, not rate × duration.
    const wanted = spec.arrivals === 'poisson' ? scheduled : ownArrivals(spec, spec.rate)
    // One request by itself says nothing about a rate.
    if (wanted - onTime > Math.max(1, (1 - lowestHeldShare) * wanted))
      reasons.push(
        `the rate was not held: ${onTime} of ${wanted} requests at ${spec.rate}/s were sent in time and answered (${percent(onTime / wanted)}, below ${percent(lowestHeldShare)})`,
      )
  }
  if (busyShare > highestBusyShare)
    reasons.push(
      `the load generator was at work ${percent(busyShare)} of the time, above ${percent(highestBusyShare)}: its own limits were measured; give it more threads, or ask for less`,
    )
  return { valid: reasons.length === 0, reasons }
}

/** Arrival i belongs to thread i modulo all threads. */
function ownArrivals(spec: LoadSpec, rate: number): number {
  const { first, own, all } = threadsOf(spec)
  const count = arrivalCount(rate, spec.duration * 1e6)
  return Array.from({ length: own }, (_, i) => Math.ceil((count - first - i) / all)).reduce(
    (sum, n) => sum + Math.max(0, n),
    0,
  )
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`
