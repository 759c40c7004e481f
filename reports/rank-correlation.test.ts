import { expect, test } from 'vitest'
import { type Pair, rankCorrelation } from './rank-correlation.ts'
import { generator, normal } from './testing/trial.ts'

const paired = (a: readonly number[], b: readonly number[]): Pair[] => a.map((value, i) => [value, b[i] as number])

test('ranks count, not distances: 1 − 6 Σd² / (n (n² − 1)) without ties', () => {
  const [a, b] = [
    [86, 97, 99, 100, 101, 103, 106, 110, 112, 113],
    [2, 20, 28, 27, 50, 29, 7, 17, 6, 12],
  ]
  expect(rankCorrelation([paired(a, b)])?.rho).toBeCloseTo(-29 / 165, 6)
  const random = generator(1)
  const apart = Array.from({ length: 20 }, () => 10 * random())
  const grown = apart.map((value) => Math.exp(value))
  expect(rankCorrelation([paired(apart, grown)])?.rho).toBeGreaterThan(0.999)
})

test('equal values share the mean of their ranks', () => {
  const five = paired([1, 2, 2, 3, 4], [20, 10, 30, 40, 50])
  // Pearson's of 1, 2.5, 2.5, 4, 5 and 2, 1, 3, 4, 5; four times the same has the same one.
  expect(rankCorrelation([[...five, ...five, ...five, ...five]])?.rho).toBeCloseTo(8 / Math.sqrt(9.5 * 10), 6)
})

test('what does not vary, or is too little, correlates with nothing', () => {
  expect(rankCorrelation([paired([1, 2, 3, 4, 5], [7, 7, 7, 7, 7])])).toBeNull()
  expect(rankCorrelation([paired([1, 2, 3], [1, 2, 3])])).toBeNull()
  expect(rankCorrelation([])).toBeNull()
})

test('a step between two groups is no correlation', () => {
  const random = generator(5)
  const group = (step: number): Pair[] => Array.from({ length: 40 }, () => [step + random(), step + random()])
  const groups = [group(0), group(10)]
  expect(rankCorrelation([groups.flat()])?.rho).toBeGreaterThan(0.7)
  const apart = rankCorrelation(groups)
  expect(Math.abs(apart?.rho ?? 1)).toBeLessThan(0.25)
  expect(apart?.pairs).toBe(80)
})

/** Each value keeps so much of the one before it. */
function series(random: () => number, length: number, kept: number): number[] {
  let last = normal(random)
  return Array.from({ length }, () => {
    last = kept * last + Math.sqrt(1 - kept ** 2) * normal(random)
    return last
  })
}

test.for([0, 0.5, 0.8])(
  'by chance, p is small as often as it says, also where a value keeps %d of the one before',
  (kept) => {
    const random = generator(11)
    const times = 4000
    const ps = Array.from({ length: times }, () => {
      const found = rankCorrelation([paired(series(random, 44, kept), series(random, 44, kept))])
      return found?.pValue ?? 1
    })
    const below = (p: number) => ps.filter((one) => one < p).length / times
    for (const p of [0.05, 0.01]) {
      // What 4,000 draws may be off: 3 standard deviations.
      const off = 3 * Math.sqrt((p * (1 - p)) / times)
      expect(below(p)).toBeGreaterThan(p - off)
      expect(below(p)).toBeLessThan(p + off)
    }
  },
)
