import { expect, test } from 'vitest'
import { findRate, type RateAttempt } from './search.ts'

const range = { from: 100, to: 1_000_000, resolution: 0.1 }
const attemptAt = (rate: number, kept: boolean, limited = false): RateAttempt => ({
  rate,
  kept,
  limited,
  achievedRate: rate,
  p99Us: null,
  why: kept ? null : 'p99Ms is 20 ms',
})
const until = (limit: number) => async (rate: number) => attemptAt(rate, rate <= limit)

test('the rate is found within the resolution, sooner when it is known about', async () => {
  for (const limit of [100, 137, 999, 12_345, 640_000]) {
    const { rate, steps } = await findRate(range, null, until(limit))
    expect(rate).toBeGreaterThan(limit / 1.11)
    expect(rate).toBeLessThanOrEqual(limit)
    const again = await findRate(range, rate, until(limit))
    expect(again.rate).toBeGreaterThan(limit / 1.11)
    expect(again.steps.length).toBeLessThanOrEqual(steps.length)
    const elsewhere = await findRate(range, limit * 3, until(limit))
    expect(elsewhere.rate).toBeGreaterThan(limit / 1.11)
  }
})

test('one hiccup does not end the search', async () => {
  let hiccups = 0
  const { rate } = await findRate(range, null, async (at) =>
    attemptAt(at, at <= 5000 && !(at === 400 && hiccups++ === 0)),
  )
  expect(rate).toBeGreaterThan(5000 / 1.11)
})

test('what is not known is not made up', async () => {
  expect(await findRate(range, null, until(50))).toMatchObject({
    rate: null,
    why: 'already 100/s, the lowest rate, is not kept: p99Ms is 20 ms',
  })
  const limited = await findRate(range, null, async (rate) => attemptAt(rate, rate < 3000, rate >= 3000))
  expect(limited).toMatchObject({ rate: null, why: expect.stringMatching(/own limit came first, at 3200\/s/) })
  expect(await findRate({ ...range, to: 800 }, null, until(1e9))).toMatchObject({ rate: 800 })
  const fickle = await findRate(range, null, async (rate) => attemptAt(rate, Math.random() < 0.5))
  expect(fickle.steps.length).toBeLessThanOrEqual(31)
})
