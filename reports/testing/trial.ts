import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'
import type { Distribution, LoadResult } from '../load-result.ts'
import { type Reason, reason } from '../reasons.ts'
import type { Trial } from '../record.ts'

// Test data: nothing in it was measured.

/** Lognormal latency with a tail, as a server behind a proxy shows it. */
interface Shape {
  p50Us: number
  sigma: number
  tailShare: number
  tailUs: number
}

const shapes: Record<string, Shape> = {
  baseline: { p50Us: 210, sigma: 0.32, tailShare: 0.002, tailUs: 900 },
  envoy: { p50Us: 630, sigma: 0.42, tailShare: 0.004, tailUs: 3200 },
}

interface TrialSpec {
  index: number
  block: number
  arm: string
  seconds: number
  rate: number
  random: () => number
}

/** One trial of the named arm, with real histograms of the latencies it draws. */
export function makeTrial({ index, block, arm, seconds, rate, random }: TrialSpec): Trial {
  const shape = shapes[arm] as Shape
  const all = { latency: empty(), serviceTime: empty(), connectionWait: empty(), sendLag: empty() }
  const pace = 1 + 0.06 * (random() - 0.5)
  const timeline = Array.from({ length: seconds }, (_, second) => {
    const interval = empty()
    for (let i = 0; i < rate; i++) {
      const tail = random() < shape.tailShare ? shape.tailUs * (0.4 + random()) : 0
      const service = pace * shape.p50Us * Math.exp(shape.sigma * normal(random)) + tail
      const lag = 1 + 3 * random() ** 3
      const latency = Math.round((service + lag) * 1000)
      all.latency.recordValue(latency)
      all.serviceTime.recordValue(Math.round(service * 1000))
      all.connectionWait.recordValue(0)
      all.sendLag.recordValue(Math.round(lag * 1000))
      interval.recordValue(latency)
    }
    return {
      atMs: (second + 1) * 1000,
      requests: rate,
      errors: 0,
      p50Us: interval.getValueAtPercentile(50) / 1000,
      p99Us: interval.getValueAtPercentile(99) / 1000,
    }
  })
  const requests = seconds * rate
  const proxies = arm === 'baseline' ? [] : ['client-proxy', 'server-proxy']
  const load: LoadResult = {
    targetRate: rate,
    achievedRate: rate * (1 - 0.0004 * random()),
    requests,
    warmUpRequests: rate,
    errors: index === 6 ? { timeout: 2, http_5xx: 1 } : {},
    latency: distribution(all.latency),
    serviceTime: distribution(all.serviceTime),
    connectionWait: distribution(all.connectionWait),
    sendLag: distribution(all.sendLag),
    cpuUsPerRequest: 24 + 2 * random(),
    busyShare: 0.11 + 0.02 * random(),
    bytesReceived: requests * 180,
    durationMs: seconds * 1000,
    timeline,
    validity: { valid: true, reasons: [] },
  }
  return {
    index,
    block,
    arm,
    startedAt: new Date(Date.UTC(2025, 10, 21, 9, 14, 8 + index * 8)).toISOString(),
    load,
    resources: [
      usage('http-echo', 'app', 31 + 2 * random(), 58 + random(), requests),
      ...proxies.map((pod) => usage(pod, 'proxy', 40 + 4 * random(), 43 + random(), requests)),
    ],
    evidence:
      arm === 'baseline'
        ? { summary: 'no proxy in the path', facts: { proxies: 0 }, mismatches: [] }
        : {
            summary: `mTLS: ${(requests + rate).toLocaleString('en-US')} requests over 32 handshakes`,
            facts: { handshakes: 32, requests: requests + rate, plaintextRefused: true },
            mismatches: [],
          },
    validity: { valid: true, reasons: [] },
  }
}

export function usage(
  pod: string,
  role: 'app' | 'proxy',
  cpuUsPerRequest: number,
  mebibytes: number,
  requests: number,
) {
  const memoryBytes = Math.round(mebibytes * 2 ** 20)
  return { pod, role, cpuMs: (cpuUsPerRequest * requests) / 1000, cpuUsPerRequest, memoryBytes }
}

export function invalidate(trial: Trial, ...reasons: Reason[]) {
  trial.load.validity = { valid: false, reasons }
  trial.validity = { valid: false, reasons }
}

/** Turns a trial into one in which no request got through. */
export function fail(trial: Trial) {
  const nothing = distribution(empty())
  Object.assign(trial.load, {
    achievedRate: 0,
    requests: 0,
    errors: {},
    latency: nothing,
    serviceTime: nothing,
    connectionWait: nothing,
    sendLag: nothing,
    timeline: trial.load.timeline.map((point) => ({ ...point, requests: 0, p50Us: null, p99Us: null })),
  })
  invalidate(trial, reason('nothing_answered', 'nothing was answered; no request ended'))
}

export const empty = () =>
  build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: 3 })

export function distribution(histogram: Histogram): Distribution {
  const count = histogram.totalCount
  const at = (percentile: number) => (count === 0 ? null : histogram.getValueAtPercentile(percentile) / 1000)
  return {
    count,
    meanUs: count === 0 ? null : histogram.mean / 1000,
    p50Us: at(50),
    p90Us: at(90),
    p99Us: at(99),
    p999Us: at(99.9),
    maxUs: at(100),
    histogram: encodeIntoCompressedBase64(histogram),
  }
}

/** Mulberry32: the same data in every run of the tests. */
export function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export const normal = (random: () => number) =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Gives a trial what one that changes an endpoint back and forth has. */
export function addChurn(trial: Trial, pushMs: number | null, errors: Record<string, number> = {}): void {
  const change = { acceptMs: 12, pushMs, settledMs: pushMs, keptPushMs: null }
  trial.churn = {
    change: 'endpoint',
    ...{ pushMs, settledMs: pushMs, keptPushMs: null, longestGapMs: 21, longestPauseMs: 9 },
    ...{ requests: 800, errors, clockAheadMs: -1.4 },
    changes: [
      { atMs: 0, ...change },
      { atMs: 2000, ...change },
    ],
  }
}

/** Makes a trial one of UDP streams: nothing is answered, so that there is no latency. */
export function addStream(trial: Trial, bitsPerSecond: number, lost = 0): void {
  const { load } = trial
  const sent = load.requests
  load.stream = {
    transport: 'udp',
    streams: 4,
    segmentBytes: 1472,
    targetBitsPerSecond: bitsPerSecond,
    bitsPerSecond: (bitsPerSecond * (sent - lost)) / sent,
    bytesReceived: (sent - lost) * 1472,
    datagrams: { sent, received: sent - lost, lost, reordered: 1, duplicate: 0 },
    jitterUs: 12.5,
    oneWayDelay: load.latency,
    receiveBufferBytes: 8_388_608,
  }
  load.errors = lost > 0 ? { lost } : {}
  load.latency = load.serviceTime = distribution(empty())
  for (const point of load.timeline) point.p50Us = point.p99Us = null
}
