import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import { signInterval, signRank } from './sign-process.ts'
import { processes } from './testing-processes.ts'

test('the published ranks: 7, 19, 44, 70 of 30, 60, 120, 180, and the first interval at 14', () => {
  expect([30, 60, 120, 180].map((n) => signRank(n))).toEqual([7, 19, 44, 70])
  expect([0, 1, 13, 14].map((n) => signRank(n))).toEqual([null, null, null, 1])
  expect(
    [14, 15, 16, 60].map((n) => signRank(n, 2)),
    'two budgets need more',
  ).toEqual([null, null, 1, 18])
})

test('the interval is of order statistics, each side with its own share of the error', () => {
  const sorted = Array.from({ length: 60 }, (_, i) => i + 1)
  expect(signInterval(sorted)).toEqual({ low: 19, high: 42 })
  expect(signInterval(sorted, 2)).toEqual({ low: 18, high: 42 })
  expect(signInterval(sorted.slice(0, 13))).toBeNull()
  expect(signInterval(new Float64Array(20).fill(3)), 'ties are no trouble').toEqual({ low: 3, high: 3 })
})

/** Of so many runs of 180 units, with a look after each: how many were decided wrongly, rightly, and after how many units in the middle. */
function runs(n: number, difference: (random: () => number) => number[], limit: number, truth: number) {
  const random = seededRandom(13)
  const counts = { fail: 0, pass: 0, open: 0 }
  for (let run = 0; run < n; run++) {
    const values = difference(random)
    const sorted: number[] = []
    let outcome: keyof typeof counts = 'open'
    for (const value of values) {
      const at = sorted.findIndex((other) => other > value + truth)
      sorted.splice(at < 0 ? sorted.length : at, 0, value + truth)
      const interval = signInterval(sorted)
      if (interval && interval.low > limit) outcome = 'fail'
      else if (interval && interval.high < limit) outcome = 'pass'
      if (outcome !== 'open') break
    }
    counts[outcome]++
  }
  return { fail: counts.fail / n, pass: counts.pass / n, open: counts.open / n }
}

describe('at any time, with labels drawn in each unit', () => {
  test.for(Object.entries(processes))('%s: wrong at the limit in at most 5 % of runs', ([, process]) => {
    // Both arms have the same noise in a unit, of which each gets a part by lot: what the noise is like over time does not matter.
    const difference = (random: () => number) =>
      process(random, 180).map((noise) => (random() < 0.5 ? 1 : -1) * Math.abs(noise) * random())
    const { fail, pass } = runs(400, difference, 0, 0)
    expect(fail + pass).toBeLessThanOrEqual(0.05)
  })

  test('an effect as large as the noise of a unit is found', () => {
    const difference = (random: () => number) => processes.independent(random, 180)
    expect(runs(200, difference, 0, 0.5).fail).toBeGreaterThan(0.95)
    expect(runs(200, difference, 0, -0.5).pass).toBeGreaterThan(0.95)
  })
})
