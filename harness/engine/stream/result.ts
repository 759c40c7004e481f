import { clockName } from '../../../clusters/workloads/clock.ts'
import type { StreamAccount } from '../../../clusters/workloads/stream-wire.ts'
import type { LoadResult, StreamResult, TimelinePoint } from '../../../reports/load-result.ts'
import { bitRate, percent } from '../../../reports/numbers.ts'
import { type Reason, reason } from '../../../reports/reasons.ts'
import { type TargetedPlan, threadsOf } from '../../load/plan.ts'
import { mergeDistributions, toDistribution } from '../../load/result/histogram.ts'
import { emptyRecorder, type Recorder } from '../../load/result/recorder.ts'
import { lowestHeldShare } from '../../load/result/result.ts'
import { at, type Part, type Tally } from '../../load/result/tally.ts'
import { tooManyErrors } from '../../load/result/validity.ts'
import { ownSegments, type StreamPlan, segmentRate } from './plan.ts'

/** The receiver's account when the measured part began, and when all had arrived. */
export interface ReceiverAccounts {
  before: StreamAccount
  after: StreamAccount
}

/** What the receiver has counted, as a result. A request is a datagram, or a TCP write's worth of bytes. */
export function streamResult(
  spec: TargetedPlan,
  plan: StreamPlan,
  tallies: readonly Tally[],
  accounts: ReceiverAccounts,
  cpuUs: number,
  timeline: TimelinePoint[],
): LoadResult {
  const parts = tallies.map(({ measured }) => measured)
  const sum = (counter: number) => parts.reduce((total, { counters }) => total + (counters[counter] as number), 0)
  const most = (counter: number) => Math.max(...parts.map(({ counters }) => counters[counter] as number))
  const merged = (of: (part: Part) => Recorder) => {
    const all = emptyRecorder()
    for (const part of parts) all.add(of(part).counts)
    return toDistribution(all)
  }
  const warmUpSent = tallies.reduce((total, { warmUp }) => total + (warmUp.counters[at.sent] as number), 0)
  const sender = { sent: sum(at.sent), planned: plannedOf(spec, plan), tookNs: most(at.lastReplyNs) }
  const arrived = plan.transport === 'udp' ? datagrams(spec, accounts, sender) : bytes(spec, plan, accounts)
  const { durationNs, received, lost, warmUpReceived, stream } = arrived
  const requests = received + lost
  const none = toDistribution(emptyRecorder())
  const busyShare = Math.min(
    1,
    most(at.busyNs) / (plan.bitsPerSecond === null ? spec.durationMs * 1e6 : Math.max(1, sender.tookNs)),
  )
  const broken = sum(at.closed)
  const errors = { ...(lost > 0 ? { lost } : {}), ...(broken > 0 ? { closed: broken } : {}) }
  const reasons = [
    ...brokenRules(spec, plan, { ...arrived, ...sender, broken, busyShare }),
    ...tooManyErrors({ requests, errors }),
  ]
  return {
    targetRate: segmentRate(plan),
    achievedRate: (received * 1e9) / durationNs,
    requests,
    warmUpRequests: plan.transport === 'udp' ? warmUpSent : warmUpReceived,
    errors,
    latency: none,
    serviceTime: none,
    connectionWait: merged((part) => part.connectionWait),
    sendLag: merged((part) => part.sendLag),
    cpuUsPerRequest: requests === 0 ? null : cpuUs / requests,
    busyShare,
    // A receiver sends nothing back.
    bytesReceived: null,
    stream: {
      transport: plan.transport,
      streams: spec.connections,
      segmentBytes: plan.segmentBytes,
      targetBitsPerSecond: plan.bitsPerSecond,
      ...stream,
    },
    durationMs: durationNs / 1e6,
    timeline,
    validity: { valid: reasons.length === 0, reasons },
  }
}

interface Sender {
  sent: number
  /** What was to be sent; null: as much as goes. */
  planned: number | null
  /** From the beginning of the measured part to the last segment. */
  tookNs: number
}

interface Arrived {
  durationNs: number
  received: number
  lost: number
  warmUpReceived: number
  stream: Omit<StreamResult, 'transport' | 'streams' | 'segmentBytes' | 'targetBitsPerSecond'>
}

/** Over the schedule, as far as it was sent, or from the first to the last of them where that took longer. */
function datagrams(spec: TargetedPlan, { after }: ReceiverAccounts, { sent, planned, tookNs }: Sender): Arrived {
  const { warmUp, measured, receiveBufferBytes } = after.udp
  const { received, reordered, duplicate, jitterUs, firstNs, lastNs, delays } = measured
  const scheduleNs = planned !== null && sent < planned ? Math.max(1, tookNs) : spec.durationMs * 1e6
  const durationNs = Math.max(scheduleNs, (lastNs ?? 0) - (firstNs ?? 0))
  const lost = Math.max(0, sent - received)
  const shared = after.clock !== null && after.clock === clockName()
  return {
    durationNs,
    received,
    lost,
    warmUpReceived: warmUp.received,
    stream: {
      bitsPerSecond: (measured.bytes * 8e9) / durationNs,
      bytesReceived: measured.bytes,
      datagrams: { sent, received, lost, reordered, duplicate },
      jitterUs,
      ...(shared && delays !== undefined && received > 0
        ? { oneWayDelay: mergeDistributions([{ histogram: delays }]) }
        : {}),
      receiveBufferBytes,
    },
  }
}

/** Between two moments of the receiver's clock: its answer when the measured part began, and the last byte. */
function bytes(spec: TargetedPlan, { segmentBytes }: StreamPlan, { before, after }: ReceiverAccounts): Arrived {
  const arrived = after.tcp.bytes - before.tcp.bytes
  const windowNs = spec.durationMs * 1e6
  const durationNs = arrived > 0 ? Math.max(1, (after.tcp.lastNs ?? 0) - before.nowNs) : windowNs
  return {
    durationNs,
    received: Math.floor(arrived / segmentBytes),
    lost: 0,
    warmUpReceived: Math.floor(before.tcp.bytes / segmentBytes),
    stream: {
      bitsPerSecond: (arrived * 8e9) / durationNs,
      bytesReceived: arrived,
      jitterUs: null,
      receiveBufferBytes: null,
    },
  }
}

interface Outcome extends Arrived, Sender {
  broken: number
  busyShare: number
}

/**
 * A sender that was busy all the time is no reason by itself: times are read when a segment leaves, so that its lateness spoils none,
 * and without a rate it is meant to be.
 */
function brokenRules(spec: TargetedPlan, plan: StreamPlan, outcome: Outcome): Reason[] {
  const { broken, received, planned, stream } = outcome
  const reasons: Reason[] = []
  if (broken > 0) reasons.push(reason('streams_broken', `${broken} of ${ownStreams(spec).length} streams broke off`))
  if (received === 0) reasons.push(reason('nothing_arrived', 'nothing arrived at the receiver'))
  if (planned !== null) {
    const target = (planned * plan.segmentBytes * 8e3) / spec.durationMs
    const share = stream.bitsPerSecond / target
    if (share < lowestHeldShare)
      reasons.push(
        reason(
          'bit_rate_not_held',
          `the bit rate was not held: ${bitRate(stream.bitsPerSecond)} of ${bitRate(target)} arrived (${percent(share)}, below ${percent(lowestHeldShare)}); ${shortfall(outcome, planned)}`,
        ),
      )
  }
  return reasons
}

/** Why less arrived than was to. */
function shortfall({ sent, lost, busyShare, tookNs, stream }: Outcome, planned: number): string {
  const missing = (1 - lowestHeldShare) * planned
  const losses = lost > missing ? `${lost} of ${sent} datagrams were lost` : null
  if (planned - sent <= missing) return losses ?? 'the last of it arrived too late'
  const fell = `the sender fell behind and stopped after ${(tookNs / 1e9).toFixed(2)} s; the highest achieved is ${bitRate(stream.bitsPerSecond)}, with the sender at work ${percent(busyShare)} of the time`
  return losses === null ? fell : `${fell}; ${losses}`
}

/** What the agent's streams are to send; null: as much as goes. */
function plannedOf(spec: TargetedPlan, plan: StreamPlan): number | null {
  const rate = segmentRate(plan)
  if (rate === null) return null
  const own = (stream: number) => ownSegments(rate, spec.durationMs * 1e6, stream, spec.connections)
  return ownStreams(spec).reduce((sum, stream) => sum + own(stream), 0)
}

/** The numbers of the agent's streams. */
function ownStreams(spec: TargetedPlan): number[] {
  const { first, own, all } = threadsOf(spec)
  const isOwn = (stream: number) => stream % all >= first && stream % all < first + own
  return Array.from({ length: spec.connections }, (_, i) => i).filter(isOwn)
}
