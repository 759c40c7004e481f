import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import { mannWhitney, rankSumShares, ratio, shift, shiftInterval } from './rank-sum.ts'
import { location, locationInterval } from './signed-rank.ts'
import { normal } from './testing-processes.ts'

test('an estimate of no values is an error, not a number', () => {
  for (const estimate of [() => location([]), () => shift([], [1]), () => shift([1], [], ratio)])
    expect(estimate).toThrow(RangeError)
})

test('Hodges–Lehmann estimates resist one wild trial', () => {
  expect(location([1, 2, 3])).toBe(2)
  expect(location([1, 1, 1, 1, 1000])).toBe(1)
  expect(shift([11, 12, 13], [1, 2, 3])).toBe(10)
  expect(shift([11, 12, 13, 9000, 12], [1, 2, 3, 2, 2])).toBe(10)
})

describe('the exact interval of a location', () => {
  test('of 6 values goes from the lowest to the highest; of 5 there is none at 95 %', () => {
    expect(locationInterval([3, 1, 2, 6, 5, 4])).toEqual({ low: 1, high: 6 })
    expect(locationInterval([3, 1, 2, 5, 4])).toBeNull()
  })
  test('of 10 is of the published ranks: P(W ≤ 8) = 0.0244, so the 9th mean of pairs from either end', () => {
    const values = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    const means = values.flatMap((a, i) => values.slice(i).map((b) => (a + b) / 2)).sort((a, b) => a - b)
    expect(locationInterval(values)).toEqual({ low: means[8], high: means[means.length - 9] })
  })
  test('covers the center of a symmetric distribution in 95 % or more', () => {
    const random = seededRandom(2)
    const hits = Array.from({ length: 1000 }, () => {
      const interval = locationInterval(Array.from({ length: 8 }, () => normal(random)))
      return interval !== null && interval.low <= 0 && interval.high >= 0
    }).filter(Boolean).length
    expect(hits / 1000).toBeGreaterThan(0.945)
  })
})

describe('the exact interval of a shift', () => {
  test('probabilities are those of counting', () => {
    // Of 4 and 3: the Gaussian binomial of 7 over 3 is 1 1 2 3 4 4 5 4 4 3 2 1 1, of 35.
    expect([...rankSumShares(3, 4)].map((share) => Math.round(share * 35))).toEqual([1, 1, 2, 3, 4, 4, 5])
    expect([...rankSumShares(80, 80)].reduce((sum, share) => sum + share, 0)).toBeCloseTo(0.5, 2)
  })
  test('of 8 and 8 leaves out 13 pairs at either end: P(U ≤ 13) = 0.0249', () => {
    const [a, b] = [Array.from({ length: 8 }, (_, i) => 2 ** i), Array.from({ length: 8 }, (_, i) => 3 ** i)]
    const all = a.flatMap((x) => b.map((y) => x - y)).sort((x, y) => x - y)
    expect(shiftInterval(a, b)).toEqual({ low: all[13], high: all[50] })
  })
  test('is of ratios where asked for, has an error for each side, and none of too few', () => {
    const [a, b] = [
      [5, 5.05, 4.95, 5.1, 4.9, 5],
      [10, 10.1, 9.9, 10.2, 9.8, 10],
    ]
    const both = shiftInterval(a, b, { contrast: ratio })
    expect(both?.low).toBeCloseTo(0.49, 1)
    const wide = shiftInterval(a, b, { contrast: ratio, lowError: 0.002 })
    expect(wide?.low).toBeLessThan(both?.low as number)
    expect(wide?.high).toBe(both?.high)
    expect(shiftInterval([1, 2, 3], [1, 2, 3])).toBeNull()
  })
  test('agrees with the p-value on whether there is a difference, ties or none', () => {
    const random = seededRandom(3)
    for (let i = 0; i < 200; i++) {
      const [a, b] = [0.8, 0].map((more) => Array.from({ length: 7 }, () => more + normal(random))) as [
        number[],
        number[],
      ]
      const interval = shiftInterval(a, b)
      expect(interval !== null && (interval.low > 0 || interval.high < 0)).toBe(mannWhitney(a, b) <= 0.05)
    }
  })
  test('is fast at 80 trials an arm, the p-value with ties included', () => {
    const random = seededRandom(4)
    const sample = () => Array.from({ length: 80 }, () => Math.round(20 * random()))
    expect(shiftInterval(sample(), sample())).not.toBeNull()
    expect(mannWhitney(sample(), sample())).toBeGreaterThan(0)
  }, 20_000)
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
  test('under no difference, the share of p ≤ 0.05 stays at or below 5 %', () => {
    const random = seededRandom(3)
    const sample = () => Array.from({ length: 6 }, random)
    const alarms = Array.from({ length: 1000 }, () => mannWhitney(sample(), sample())).filter((p) => p <= 0.05).length
    expect(alarms / 1000).toBeLessThan(0.06)
  })
})
