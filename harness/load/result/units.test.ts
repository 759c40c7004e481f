import { expect, test } from 'vitest'
import { decodeHistogram } from '../../../reports/histogram.ts'
import { mergeUnits } from './merge.ts'
import { Samples } from './samples.ts'
import { at, errorKinds, Tally } from './tally.ts'
import { Units } from './units.ts'

const ms = 1e6
const threads = (n: number) => Array.from({ length: n }, () => new Tally(undefined, new Samples()))
const timeout = -1 - errorKinds.indexOf('timeout')

test('requests belong to the unit in which they were due, whenever they ended', () => {
  const [one, other] = threads(2) as [Tally, Tally]
  const units = new Units({ unitMs: 1000, warmUpMs: 500 }, [one, other])
  one.samples?.add(600 * ms, 600 * ms, 603 * ms, 0, 0)
  other.samples?.add(1400 * ms, 1402 * ms, 1800 * ms, 2 * ms, 1500 * ms)
  one.samples?.add(1499 * ms, 1499 * ms, timeout, 0, 0)
  one.samples?.add(1600 * ms, 1600 * ms, 1601 * ms, 0, 0)
  one.measured.counters[at.settledNs] = 3000 * ms
  other.measured.counters[at.settledNs] = 1499 * ms
  expect(units.read()).toEqual([])
  other.measured.counters[at.settledNs] = 1500 * ms
  const [first, ...rest] = units.read()
  expect(rest).toEqual([])
  expect(first).toMatchObject({ index: 0, requests: 3, errors: { timeout: 1 }, sendLagP99Us: expect.closeTo(2000, -1) })
  const latency = decodeHistogram(first?.latency ?? '')
  expect(latency.totalCount).toBe(2)
  expect(latency.maxValue / ms).toBeCloseTo(400, 0)
  expect(decodeHistogram(first?.serviceTime ?? '').maxValue / ms).toBeCloseTo(398, 0)
  expect(decodeHistogram(first?.firstMessage ?? '').maxValue / ms).toBeCloseTo(100, 0)
  other.measured.counters[at.settledNs] = 3600 * ms
  expect(units.read()).toMatchObject([{ index: 1, requests: 1 }])
})

test('a unit in which nothing was answered has no latencies, and one of which a sample was lost is left out', () => {
  const [tally] = threads(1) as [Tally]
  const units = new Units({ unitMs: 1000, warmUpMs: 0 }, [tally])
  tally.samples?.add(10 * ms, -1, timeout, 0, 0)
  tally.measured.counters[at.settledNs] = 2000 * ms
  expect(units.read()).toMatchObject([
    { index: 0, requests: 1, latency: '', serviceTime: '', sendLagP50Us: null },
    { index: 1, requests: 0, errors: {}, latency: '' },
  ])
  for (let i = 0; i <= 2 ** 18; i++) tally.samples?.add(2500 * ms, 2500 * ms, 2501 * ms, 0, 0)
  tally.measured.counters[at.settledNs] = 3000 * ms
  expect(units.read()).toEqual([])
})

test('the units of several agents are one when all have theirs', () => {
  const seen: unknown[] = []
  const take = mergeUnits(2, (unit) => seen.push(unit))
  const unitsOf = (latencyMs: number) => {
    const [tally] = threads(1) as [Tally]
    tally.samples?.add(0, 0, latencyMs * ms, 0, 0)
    tally.measured.counters[at.settledNs] = 1000 * ms
    return new Units({ unitMs: 1000, warmUpMs: 0 }, [tally]).read()
  }
  for (const unit of unitsOf(1)) take(0, unit)
  expect(seen).toEqual([])
  for (const unit of unitsOf(3)) take(1, unit)
  expect(seen).toMatchObject([{ index: 0, requests: 2 }])
  const { latency } = seen[0] as { latency: string }
  expect(decodeHistogram(latency)).toMatchObject({ totalCount: 2 })
})
