import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { bootstrapInterval, holm, location, mannWhitney, medianRatio, shift } from './statistics.ts'

test('estimates of odd, even and no values', () => {
  expect(shift([3, 1, 2], [0])).toBe(2)
  expect(shift([4, 1, 2, 3], [0])).toBe(2.5)
  expect(medianRatio([4, 1, 2, 3], [2])).toBe(1.25)
  for (const estimate of [() => location([]), () => shift([], [1]), () => medianRatio([1], [])])
    expect(estimate).toThrow(RangeError)
})

test('Hodges–Lehmann estimates resist one wild trial', () => {
  expect(location([1, 2, 3])).toBe(2)
  expect(location([1, 1, 1, 1, 1000])).toBe(1)
  expect(shift([11, 12, 13], [1, 2, 3])).toBe(10)
  expect(shift([11, 12, 13, 9000, 12], [1, 2, 3, 2, 2])).toBe(10)
})

describe('exact Mann–Whitney', () => {
  test('separated samples give 2 / C(n+m, n)', () => {
    expect(mannWhitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])).toBeCloseTo(2 / 252, 12)
    expect(mannWhitney([1, 2, 3], [4, 5, 6])).toBeCloseTo(2 / 20, 12)
  })
  test('a published example: U = 4 of 5 × 5 gives 0.0952', () => {
    expect(mannWhitney([1, 2, 3, 4, 9], [5, 6, 7, 8, 10])).toBeCloseTo(0.0952, 3)
  })
  test('identical values say nothing', () => {
    expect(mannWhitney([1, 1, 1], [1, 1, 1])).toBe(1)
  })
})

test('under no difference, the share of p ≤ 0.05 stays at or below 5 %', () => {
  const random = seededRandom(3)
  const sample = () => Array.from({ length: 6 }, random)
  const alarms = Array.from({ length: 1000 }, () => mannWhitney(sample(), sample())).filter((p) => p <= 0.05).length
  expect(alarms / 1000).toBeLessThan(0.06)
})

test('Holm keeps the order and never shrinks a p-value', () => {
  const adjusted = holm([0.04, 0.01, 0.03])
  expect(adjusted.map((p) => Number(p.toFixed(12)))).toEqual([0.06, 0.03, 0.06])
  expect(holm([0.9, 0.8])).toEqual([1, 1])
})

test('the bootstrap interval repeats with its seed, holds the estimate and covers the truth', () => {
  const a = [10, 11, 12, 13, 14, 15]
  const b = [1, 2, 3, 4, 5, 6]
  const interval = bootstrapInterval([a, b], shift, { seed: 7 })
  expect(interval).toEqual(bootstrapInterval([a, b], shift, { seed: 7 }))
  expect(interval.low).toBeLessThanOrEqual(9)
  expect(interval.high).toBeGreaterThanOrEqual(9)

  const random = seededRandom(11)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const covered = Array.from({ length: 60 }, (_, seed) => {
    const interval = bootstrapInterval(
      [Array.from({ length: 10 }, normal), Array.from({ length: 10 }, () => normal() - 2)],
      shift,
      { seed },
    )
    return interval.low <= 2 && 2 <= interval.high
  }).filter(Boolean).length
  expect(covered / 60).toBeGreaterThan(0.85)
})
