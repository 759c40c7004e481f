import { expect, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import { bestSplit } from './energy.ts'

/** As it is written in the paper, without any saving of sums. */
function slowly(values: readonly number[], least: number, end = 0) {
  const mean = (a: readonly number[], b: readonly number[], pairs: number) =>
    a.reduce((sum, x) => b.reduce((all, y) => all + Math.abs(x - y), sum), 0) / pairs
  let best: { index: number; distance: number } | null = null
  for (let tau = values.length - 1; tau >= least; tau--)
    for (let kappa = Math.max(end, tau + least); kappa <= values.length; kappa++) {
      const [x, y] = [values.slice(0, tau), values.slice(tau, kappa)]
      const [m, n] = [x.length, y.length]
      const energy = 2 * mean(x, y, m * n) - mean(x, x, m * (m - 1)) - mean(y, y, n * (n - 1))
      const distance = ((m * n) / (m + n)) * energy
      if (best === null || distance > best.distance) best = { index: tau, distance }
    }
  return best
}

test('the best split is that of the formula', () => {
  const random = seededRandom(4)
  for (let i = 0; i < 20; i++) {
    const values = Array.from({ length: 24 }, (_, at) => random() + (at > 9 && at < 17 ? 0.6 : 0))
    for (const end of [0, values.length]) {
      const expected = slowly(values, 3, end)
      expect(bestSplit(Float64Array.from(values), 3, end)).toEqual({
        index: expected?.index,
        distance: expect.closeTo(expected?.distance as number, 9),
      })
    }
  }
})

test('what comes after a passing change does not hide it, unless it has to go to the end', () => {
  const values = Float64Array.from({ length: 40 }, (_, i) => (i % 2) / 10 + (i >= 10 && i < 20 ? 5 : 0))
  expect(bestSplit(values, 3)?.index).toBe(10)
  expect(bestSplit(values, 3, 40)?.index).toBe(20)
})

test('too few values have no split', () => {
  expect(bestSplit(Float64Array.of(1, 2, 3, 4, 5), 3)).toBeNull()
  expect(bestSplit(Float64Array.of(1, 2, 3, 4, 5, 6), 3)?.index).toBe(3)
})
