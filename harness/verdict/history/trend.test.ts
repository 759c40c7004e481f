import { expect, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import { normal, processes } from '../statistics/testing-processes.ts'
import { concordance, trendPValue } from './kendall.ts'
import { lineThrough } from './theil-sen.ts'

test('a line is found whatever a few wild values are', () => {
  const values = Array.from({ length: 40 }, (_, i) => 5 + 0.5 * i + (i % 13 === 5 ? 100 : 0))
  expect(lineThrough(values)).toMatchObject({ slope: 0.5, start: 5, over: 40 })
})

test('too few values have none, equal ones no slope', () => {
  expect(lineThrough([1, 2, 3, 4, 5, 6, 7, 8, 9])).toBeNull()
  expect(lineThrough(new Array<number>(20).fill(3))).toMatchObject({ slope: 0, interval: [0, 0] })
  expect(trendPValue(new Array<number>(20).fill(3), 0)).toBe(1)
})

test('the p-value is that of Mann and Kendall', () => {
  const values = [2, 1, 4, 3, 7, 6, 5, 10, 8, 9]
  expect(concordance(values)).toBe(31)
  // 30 / √125 = 2.6833.
  expect(trendPValue(values, 1)).toBeCloseTo(0.00729, 4)
})

test('the interval covers the slope in about 95 of 100 series', () => {
  const random = seededRandom(8)
  const covered = Array.from({ length: 400 }, () => {
    const line = lineThrough(Array.from({ length: 30 }, (_, i) => 0.1 * i + normal(random)))
    return line !== null && line.interval[0] <= 0.1 && line.interval[1] >= 0.1
  })
  expect(covered.filter(Boolean).length / 400).toBeGreaterThan(0.92)
})

test('values that resemble their neighbours have no trend for that', () => {
  const random = seededRandom(9)
  const found = Array.from({ length: 200 }, () => {
    const values = processes['AR(1) 0.5'](random, 50)
    return trendPValue(values, lineThrough(values)?.slope ?? 0) <= 0.01
  })
  expect(found.filter(Boolean).length).toBeLessThanOrEqual(10)
})

test('of more than 500 values the last 500 count', () => {
  const values = [...new Array<number>(300).fill(0), ...Array.from({ length: 500 }, (_, i) => i)]
  expect(lineThrough(values)).toMatchObject({ slope: 1, start: 0, over: 500 })
})
