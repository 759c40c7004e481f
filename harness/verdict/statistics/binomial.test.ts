import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import { betaQuantile, betaShare, logGamma, studentT } from './beta.ts'
import { clopperPearson, shareDifference, shareRatio, shareSequence } from './binomial.ts'
import { signFlip } from './sign-flip.ts'

test('special functions have their known values', () => {
  expect(logGamma(10)).toBeCloseTo(Math.log(362_880), 10)
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 12)
  expect(betaShare(0.5, 3, 4)).toBeCloseTo(42 / 64, 12)
  expect(betaQuantile(0.975, 1, 60_000)).toBeCloseTo(1 - 0.025 ** (1 / 60_000), 12)
  expect([studentT(0.025, 5), studentT(0.025, 9), studentT(0.001, 5)].map((t) => Number(t.toFixed(4)))).toEqual([
    2.5706, 2.2622, 5.8934,
  ])
})

describe('a share', () => {
  test('has the published exact interval: 10 of 100', () => {
    const { low, high } = clopperPearson({ failed: 10, all: 100 })
    expect([low, high].map((share) => share.toFixed(4))).toEqual(['0.0490', '0.1762'])
    expect(clopperPearson({ failed: 0, all: 100 })).toEqual({ low: 0, high: expect.closeTo(0.0362, 4) })
    expect(clopperPearson({ failed: 100, all: 100 }).high).toBe(1)
  })

  test('has a wider one that holds at every moment: left in at most 5 % of runs', () => {
    const random = seededRandom(8)
    const left = Array.from({ length: 500 }, () => {
      const count = { failed: 0, all: 0 }
      return Array.from({ length: 60 }, () => {
        count.all += 20
        for (let i = 0; i < 20; i++) if (random() < 0.02) count.failed++
        const { low, high } = shareSequence({ ...count })
        return low > 0.02 || high < 0.02
      }).some(Boolean)
    }).filter(Boolean).length
    expect(left / 500).toBeLessThanOrEqual(0.05)
    expect(shareSequence({ failed: 0, all: 60_000 }).high).toBeLessThan(0.001)
    expect(shareSequence({ failed: 0, all: 0 })).toEqual({ low: 0, high: 1 })
  })
})

test('the difference of two shares holds the truth in 95 % or more', () => {
  const random = seededRandom(9)
  const draw = (share: number) => ({
    failed: Array.from({ length: 300 }, random).filter((x) => x < share).length,
    all: 300,
  })
  const hits = Array.from({ length: 500 }, () => {
    const { low, high } = shareDifference(draw(0.03), draw(0.01), clopperPearson)
    return low <= 0.02 && high >= 0.02
  }).filter(Boolean).length
  expect(hits / 500).toBeGreaterThan(0.94)
})

test('the ratio of two shares is around what was seen, and of nothing where the other has no failure', () => {
  const interval = shareRatio({ failed: 40, all: 1000 }, { failed: 20, all: 1000 }, clopperPearson)
  expect(interval?.low).toBeGreaterThan(1)
  expect(interval?.low).toBeLessThan(2)
  expect(interval?.high).toBeGreaterThan(2)
  expect(shareRatio({ failed: 1, all: 10 }, { failed: 0, all: 10 }, clopperPearson)).toBeNull()
})

describe('flipping signs', () => {
  test('is exact of few: all of one sign are 2 of 2ⁿ ways', () => {
    expect(signFlip([1, 2, 3, 4, 5], 1)).toBe(2 / 32)
    expect(signFlip([1, -1], 1)).toBe(1)
    expect(signFlip([0, 0], 1)).toBeNull()
  })
  test('repeats with its seed, and finds a stall in a few of many units', () => {
    const stalls = Array.from({ length: 60 }, (_, i) => (i % 7 === 0 ? 0.2 : 0.0001 * (i % 2 === 0 ? 1 : -1)))
    expect(signFlip(stalls, 7)).toBe(signFlip(stalls, 7))
    expect(signFlip(stalls, 7)).toBeLessThan(0.01)
  })
  test('is wrong in at most 5 % of runs without a difference', () => {
    const random = seededRandom(10)
    const alarms = Array.from({ length: 200 }, (_, seed) =>
      signFlip(
        Array.from({ length: 30 }, () => (random() - 0.5) ** 3),
        seed,
      ),
    ).filter((p) => p !== null && p <= 0.05).length
    expect(alarms / 200).toBeLessThan(0.09)
  })
})
