import { expect, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import { normal } from '../statistics/testing-processes.ts'
import { trendOf } from './trend.ts'

test('a line is found whatever a few wild values are', () => {
  const values = Array.from({ length: 40 }, (_, i) => 5 + 0.5 * i + (i % 13 === 5 ? 100 : 0))
  expect(trendOf(values)).toMatchObject({ slope: 0.5, start: 5, over: 40 })
})

test('too few values have none, equal ones no slope', () => {
  expect(trendOf([1, 2, 3, 4, 5, 6, 7, 8, 9])).toBeNull()
  expect(trendOf(new Array<number>(20).fill(3))).toMatchObject({ slope: 0, interval: [0, 0], pValue: 1 })
})

test('the p-value is that of Mann and Kendall: S = 23 of 10 values without ties is 22 / √125 standard deviations', () => {
  // Eleven pairs of neighbours are the wrong way round.
  const values = [2, 1, 4, 3, 7, 6, 5, 10, 8, 9]
  const s = values
    .flatMap((a, i) => values.slice(i + 1).map((b) => Math.sign(b - a)))
    .reduce((sum, one) => sum + one, 0)
  expect(s).toBe(31)
  // 30 / 11.180 = 2.6833: p = 0.00729.
  expect(trendOf(values)?.pValue).toBeCloseTo(0.00729, 4)
})

test('the interval covers the slope in about 95 of 100 series', () => {
  const random = seededRandom(8)
  const covered = Array.from({ length: 400 }, () => {
    const trend = trendOf(Array.from({ length: 30 }, (_, i) => 0.1 * i + normal(random)))
    return trend !== null && trend.interval[0] <= 0.1 && trend.interval[1] >= 0.1
  })
  expect(covered.filter(Boolean).length / 400).toBeGreaterThan(0.92)
})

test('of more than 500 values the last 500 count', () => {
  const values = [...new Array<number>(300).fill(0), ...Array.from({ length: 500 }, (_, i) => i)]
  expect(trendOf(values)).toMatchObject({ slope: 1, start: 0, over: 500 })
})
