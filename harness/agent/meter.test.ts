import { expect, test } from 'vitest'
import { decodeDistribution } from '../load/result/histogram.ts'
import { at, Tally } from '../load/result/tally.ts'
import { Meter } from './meter.ts'

test('errors are those of requests that have ended', () => {
  const tally = new Tally()
  const meter = new Meter('measured', [tally])
  tally.measured.error('timeout')
  // This one is half told.
  tally.measured.add(at.http_5xx, 1)
  expect(meter.read(1000).point).toMatchObject({ requests: 1, errors: 1 })
  tally.measured.latency.record(1000)
  expect(meter.read(2000).point).toMatchObject({ requests: 1, errors: 1 })
})

test('what an interval counts is what is in its histogram, in whichever moment a thread is read', () => {
  const tallies = [new Tally(), new Tally()]
  const parts = tallies.map(({ measured }) => measured)
  const meter = new Meter('measured', tallies, true)
  const read = (atMs: number) => {
    const { point, progress } = meter.read(atMs)
    const { counts } = decodeDistribution({ histogram: point.histogram ?? '' })
    return { inHistogram: [...counts].reduce((sum, n) => sum + n, 0), requests: point.requests, all: progress.requests }
  }
  for (const part of parts) {
    part.latency.record(1000)
    part.add(at.replies, 1)
    // This reply is half told when it is read.
    part.latency.record(2_000_000)
  }
  parts[0]?.error('timeout')
  expect(read(1000)).toEqual({ inHistogram: 4, requests: 5, all: 5 })
  for (const part of parts) part.add(at.replies, 1)
  expect(read(2000)).toEqual({ inHistogram: 0, requests: 0, all: 5 })
})
