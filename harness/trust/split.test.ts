import { expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import type { Sample } from '../verdict/samples.ts'
import { splitSample } from './split.ts'

const sample = (counts: number[]): Sample => ({
  values: Float64Array.from(counts.keys(), (i) => 100 + i),
  counts: Float64Array.from(counts),
  total: counts.reduce((sum, count) => sum + count, 0),
  meanUs: 0,
})

test('both halves together are the whole, and one has at most one more than the other', () => {
  const random = seededRandom(3)
  for (const counts of [[5, 0, 3, 1], [1], [100, 200, 1], [0, 7]]) {
    const whole = sample(counts)
    const [a, b] = splitSample(whole, random)
    expect(counts.map((_, i) => (a.counts[i] as number) + (b.counts[i] as number))).toEqual(counts)
    expect([a.total, b.total]).toEqual([Math.floor(whole.total / 2), Math.ceil(whole.total / 2)])
  }
})

test('every request comes into the first half equally often', () => {
  const random = seededRandom(4)
  const times = 4000
  const first = new Float64Array(9)
  for (let i = 0; i < times; i++) {
    const [a] = splitSample(sample(Array.from(first, () => 1)), random)
    a.counts.forEach((count, k) => {
      first[k] = (first[k] as number) + count
    })
  }
  // 4 of 9; five standard deviations are 0.04.
  for (const count of first) expect(Math.abs(count / times - 4 / 9)).toBeLessThan(0.04)
})

test('the mean is that of the half', () => {
  const [half] = splitSample(sample([2, 0]), seededRandom(1))
  expect(half.meanUs).toBe(100)
})
