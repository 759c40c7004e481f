import { expect, test } from 'vitest'
import { type LoadResult, loadResultSchema } from '../../../reports/load-result.ts'
import { toDistribution } from './histogram.ts'
import { mergeResults } from './merge.ts'
import { bucketCount, Recorder } from './recorder.ts'

function part(received: number, lost: number, jitterUs: number, delayNs: number | null): LoadResult {
  const of = (values: number[]) => {
    const recorder = new Recorder(new Float64Array(bucketCount))
    for (const value of values) recorder.record(value)
    return toDistribution(recorder)
  }
  const none = of([])
  return {
    targetRate: 1000,
    achievedRate: received,
    requests: received + lost,
    warmUpRequests: 0,
    errors: lost > 0 ? { lost } : {},
    ...{ latency: none, serviceTime: none, connectionWait: none, sendLag: none },
    cpuUsPerRequest: 3,
    busyShare: 0.2,
    bytesReceived: null,
    stream: {
      ...{ transport: 'udp', streams: 2, segmentBytes: 100, targetBitsPerSecond: 800_000 },
      bitsPerSecond: received * 800,
      bytesReceived: received * 100,
      datagrams: { sent: received + lost, received, lost, reordered: 1, duplicate: 2 },
      jitterUs,
      ...(delayNs === null ? {} : { oneWayDelay: of(Array.from({ length: received }, () => delayNs)) }),
      receiveBufferBytes: 4096,
    },
    durationMs: 1000,
    timeline: [],
    validity: { valid: true, reasons: [] },
  }
}

test('the streams of several agents are one load: counts and bit rates added, jitter weighed, delays merged', () => {
  const merged = mergeResults([part(300, 20, 10, 1000), part(100, 0, 30, 3000)])
  expect(loadResultSchema.parse(merged)).toEqual(merged)
  expect(merged.errors).toEqual({ lost: 20 })
  expect(merged.stream).toMatchObject({
    ...{ streams: 2, targetBitsPerSecond: 800_000, bitsPerSecond: 320_000, bytesReceived: 40_000, jitterUs: 15 },
    datagrams: { sent: 420, received: 400, lost: 20, reordered: 2, duplicate: 4 },
    oneWayDelay: { count: 400, p50Us: 1, p99Us: 3.001 },
  })
})

test('where one agent reads another clock than the receiver, there is no delay of the load', () => {
  expect(mergeResults([part(300, 0, 10, 1000), part(100, 0, 30, null)]).stream).not.toHaveProperty('oneWayDelay')
})
