import { expect, test } from 'vitest'
import type { Measured, Owner } from './probe.ts'
import { between, byOwner, mean, percentile, pooled } from './reading.ts'

const buckets = [
  { min: 0, max: 10, count: 50 },
  { min: 10, max: 20, count: 50 },
]

test('a percentile lies on a line through its bucket', () => {
  const distribution = { count: 100, sum: 1000, buckets }
  expect(percentile(distribution, 0)).toBe(0)
  expect(percentile(distribution, 25)).toBe(5)
  expect(percentile(distribution, 50)).toBe(10)
  expect(percentile(distribution, 99)).toBeCloseTo(19.8)
  expect(percentile(distribution, 100)).toBe(20)
  expect(percentile({ count: 0, sum: null, buckets: [] }, 50)).toBeNull()
})

test('a mean is exact, and of the values alone', () => {
  expect(mean({ count: 120, sum: 900, buckets })).toBe(9)
  expect(mean({ count: 120, sum: null, buckets: [] })).toBeNull()
})

test('several are one: counts, sums, and buckets of the same ends', () => {
  const other = { count: 3, sum: 30, buckets: [{ min: 10, max: 20, count: 3 }] }
  expect(pooled([{ count: 100, sum: 1000, buckets }, other])).toEqual({
    ...{ count: 103, sum: 1030 },
    buckets: [buckets[0], { min: 10, max: 20, count: 53 }],
  })
  expect(pooled([])).toEqual({ count: 0, sum: null, buckets: [] })
  expect(pooled([other, { count: 1, sum: null, buckets: [] }]).sum).toBeNull()
})

test('sources become their owners; what nobody owns has a share, and what has no source has not', () => {
  const owner: Owner = { namespace: 'a', pod: 'p', uid: 'u', container: 'c', labels: {} }
  const one = { kind: 'server', count: 3, sum: 30, buckets: [{ min: 8, max: 12, count: 3 }] }
  const reading: Measured = {
    ...{
      probe: 'requests',
      unit: 'us',
      seconds: 1,
      missedEvents: 0,
      lostEvents: 0,
      failedUpdates: 0,
      cost: null,
      bpftraceMs: null,
    },
    series: [
      { ...one, source: { pid: 1, netns: 5 } },
      { ...one, source: { pid: 2, netns: 5 } },
      { ...one, source: { pid: 3 }, count: 2 },
      { ...one, source: {} },
    ],
  }
  const attribution = { ownerOf: ({ netns }: { netns?: number }) => (netns === 5 ? { ...owner } : null) }
  expect(byOwner(reading, attribution)).toEqual({
    series: [{ owner, kind: 'server', count: 6, sum: 60, buckets: [{ min: 8, max: 12, count: 6 }] }],
    unattributed: { events: 2, share: 0.25 },
  })
  const softirq = { ...reading, series: [{ ...one, source: {} }] }
  expect(byOwner(softirq, attribution)).toEqual({ series: [], unattributed: { events: 0, share: null } })
})

test('what lies between two readings of one attachment', () => {
  const bucket = (min: number, count: number) => ({ min, max: min + 1, count })
  const one = { source: { pid: 1 }, kind: 'server' }
  const other = { source: { pid: 2, netns: 3 }, kind: 'server' }
  const earlier: Measured = {
    ...{ probe: 'requests', unit: 'us', seconds: 1, missedEvents: 1, lostEvents: 0, failedUpdates: 2 },
    cost: { runTimeMs: 1, runs: 10 },
    bpftraceMs: null,
    series: [
      { ...one, count: 3, sum: 5, buckets: [bucket(1, 2), bucket(4, 1)] },
      { ...other, count: 1, sum: null, buckets: [] },
    ],
  }
  const later: Measured = {
    ...{ ...earlier, seconds: 2.5, missedEvents: 3, failedUpdates: 2, cost: { runTimeMs: 4, runs: 30 } },
    series: [
      { ...one, count: 5, sum: 15, buckets: [bucket(1, 2), bucket(4, 2), bucket(9, 1)] },
      { ...other, count: 1, sum: null, buckets: [] },
      { ...other, kind: 'client', count: 2, sum: 8, buckets: [bucket(4, 2)] },
    ],
  }
  expect(between(earlier, later)).toEqual({
    ...{ probe: 'requests', unit: 'us', seconds: 1.5, missedEvents: 2, lostEvents: 0, failedUpdates: 0 },
    cost: { runTimeMs: 3, runs: 20 },
    bpftraceMs: null,
    series: [
      { ...one, count: 2, sum: 10, buckets: [bucket(4, 1), bucket(9, 1)] },
      { ...other, kind: 'client', count: 2, sum: 8, buckets: [bucket(4, 2)] },
    ],
  })
  expect(between(earlier, { ...later, missedEvents: null, cost: null })).toMatchObject({
    missedEvents: null,
    cost: null,
    bpftraceMs: null,
  })
  expect(() => between(later, earlier)).toThrow(
    'not two readings of one attachment: requests after 2.5 s, requests after 1 s',
  )
})
