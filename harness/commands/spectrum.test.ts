import { expect, test } from 'vitest'
import { bar, rangeText, spectrum, stepsOf, time } from './spectrum.ts'

const bucket = (minUs: number, maxUs: number, count: number) => ({ minUs, maxUs, count })
/** Edges as probes have them: powers of √2, rounded up to a tenth. */
const buckets = [bucket(0.1, 0.2, 3), bucket(1.6, 2.3, 5), bucket(2.3, 3.2, 2), bucket(3.2, 4.6, 1)]

test('times have the unit that suits them', () => {
  expect([0.8, 999, 1000, 12_345, 3.2e6].map((us) => time(us))).toEqual([
    '0.80 µs',
    '999 µs',
    '1.00 ms',
    '12.3 ms',
    '3.20 s',
  ])
})

test('steps double, and those between are there', () => {
  const steps = stepsOf(buckets, 20)
  expect(steps.map(rangeText)).toEqual([
    ...['0 – 0.2 µs', '0.2 – 0.4 µs', '0.4 – 0.8 µs', '0.8 – 1.6 µs', '1.6 – 3.2 µs', '3.2 – 6.4 µs'],
  ])
  expect(steps.map(({ count }) => count)).toEqual([3, 0, 0, 0, 7, 1])
  expect(rangeText(bucket(819.2, 1638.4, 1))).toBe('819 µs – 1.64 ms')
})

test.for([1, 2, 3, 4, 5, 6, 7])('at most %i steps have all of it', (most) => {
  const steps = stepsOf(buckets, most)
  expect(steps.length).toBeLessThanOrEqual(most)
  expect(steps.reduce((sum, { count }) => sum + count, 0)).toBe(11)
})

test('from a tenth of a microsecond to a day in one step, and nothing in none', () => {
  expect(stepsOf([bucket(0, 0.1, 1), bucket(86_400e6, 90_000e6, 1)], 1)).toHaveLength(1)
  expect(stepsOf([], 5)).toEqual([])
})

test('a bar is as long as its share, and what is there is seen', () => {
  expect(bar(1, 4)).toBe('████')
  expect(bar(0.5, 4)).toBe('██')
  expect(bar(0.4, 4)).toBe('█▋')
  expect(bar(0.000_001, 4)).toBe('▏')
  expect(bar(0, 4)).toBe('')
})

test('a spectrum has a cell for each step', () => {
  expect(spectrum(buckets, stepsOf(buckets, 20))).toBe('▃   █▁')
  expect(spectrum([bucket(1.6, 2.3, 5)], stepsOf(buckets, 20))).toBe('    █ ')
})
