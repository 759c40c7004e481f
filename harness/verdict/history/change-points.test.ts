import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import { normal, processes } from '../statistics/testing-processes.ts'
import { changePoints } from './change-points.ts'
import { madeSeries, madeValues } from './testing-series.ts'

const indexes = (values: readonly number[]) => changePoints(values).map(({ index }) => index)

describe('steps are found where they are', () => {
  test.for([
    ['two steps', [50, 100]],
    ['a step and back', [40, 55]],
    ['a late step', [100]],
    ['a staircase', [40, 80, 120]],
    ['a step with outliers', [80]],
    ['flat', []],
    ['flat with outliers', []],
  ] as const)('%s', ([name, places]) => {
    expect(indexes(madeSeries[name])).toEqual(places)
  })

  test('with the levels on either side, the scatter of both, and a p-value', () => {
    const [first] = changePoints(madeSeries['two steps'])
    expect(first?.before).toBeCloseTo(1.4, 1)
    expect(first?.after).toBeCloseTo(1.55, 1)
    expect(first?.noise).toBeGreaterThan(0.02)
    expect(first?.noise).toBeLessThan(0.04)
    expect(first?.pValue).toBe(0.001)
  })

  test('a large step by its third value, a smaller one later', () => {
    const upTo = (n: number, scatters: number) => indexes(madeValues(n, (i) => (i < 60 ? 1.4 : 1.4 + scatters * 0.03)))
    expect(upTo(62, 8)).toEqual([])
    expect(upTo(63, 8)).toEqual([60])
    expect(upTo(63, 3)).toEqual([])
    expect(upTo(75, 3)).toHaveLength(1)
  })
})

test('a drift is no step', () => {
  for (const scatters of [3, 5, 10, 30])
    expect(indexes(madeValues(200, (i) => 1.4 + (scatters * 0.03 * i) / 199, scatters))).toEqual([])
})

test('a step within a drift is one', () => {
  const found = indexes(madeValues(200, (i) => 1.4 + (0.03 * 2 * i) / 199 + (i >= 100 ? 0.3 : 0)))
  expect(found).toEqual([100])
})

test('of 40 flat series of 200 at most two have a change', () => {
  const random = seededRandom(11)
  const found = Array.from({ length: 40 }, () => indexes(processes['log-normal'](random, 200)).length)
  expect(found.filter((count) => count > 0).length).toBeLessThanOrEqual(2)
})

test('neighbours that resemble each other are no row of steps', () => {
  const random = seededRandom(12)
  const found = Array.from({ length: 5 }, () => indexes(processes['AR(1) 0.8'](random, 100)).length)
  expect(found.filter((count) => count > 0).length).toBeLessThanOrEqual(2)
})

test('values that do not scatter change by any amount; those that are equal do not', () => {
  expect(indexes([...new Array<number>(20).fill(0), ...new Array<number>(20).fill(0.0001)])).toEqual([20])
  expect(indexes(new Array<number>(200).fill(0.1 + 0.2))).toEqual([])
  expect(indexes([])).toEqual([])
  expect(indexes([1, 2, 3])).toEqual([])
})

test('what is smaller than the scatter is no change, however many values show it', () => {
  const random = seededRandom(3)
  const values = Array.from({ length: 400 }, (_, i) => normal(random) + (i >= 200 ? 0.7 : 0))
  expect(indexes(values)).toEqual([])
})

test('values that are added neither move nor repeat an old change', () => {
  const values = madeValues(190, (i) => 1.4 + (i >= 60 ? 0.15 : 0) + (i >= 130 ? -0.12 : 0))
  const seen = Array.from({ length: 12 }, (_, i) => indexes(values.slice(0, 80 + 10 * i)))
  for (const found of seen) expect(found[0]).toBe(60)
  expect(seen.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2])
  for (const found of seen.slice(6)) expect(found[1]).toBe(seen.at(-1)?.[1])
})

test('a thousand values with many changes take seconds, not minutes', { timeout: 60_000 }, () => {
  const values = madeValues(1000, (i) => 1.4 + (Math.floor(i / 60) % 2) * 0.2)
  const began = performance.now()
  expect(indexes(values).length).toBeGreaterThan(14)
  expect(performance.now() - began).toBeLessThan(20_000)
})
