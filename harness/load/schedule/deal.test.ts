import { expect, test } from 'vitest'
import type { Rate } from './arrivals.ts'
import { Deal } from './deal.ts'
import { countArrivals, createSchedules, type SchedulePlan } from './schedule.ts'

const all = (plan: SchedulePlan, index = 0, of = 1) =>
  createSchedules(plan, [{ index, of }]).flatMap(({ next, advance }) => {
    const due: number[] = []
    for (; next[0] !== Number.POSITIVE_INFINITY; advance()) due.push(next[0] as number)
    return due
  })
const ascending = (list: readonly number[]) => list.toSorted((a, b) => a - b)
const span = { warmUpNs: 0.137e9, durationNs: 1e9 }
const dealtTo = (arm: number, arms: number, seed: number) => ({ arms: { design: 'paired', arm, arms, seed } as const })
const times = (count: number) => Array.from({ length: count }, (_, i) => i)
/** Both lists, to a nanosecond. */
const expectSame = (one: readonly number[], other: readonly number[]) => {
  expect(one).toHaveLength(other.length)
  expect(Math.max(0, ...one.map((due, i) => Math.abs(due - (other[i] as number))))).toBeLessThan(1)
}

const shapes: Record<string, (times: number) => Rate> = {
  constant: (times) => 333.3 * times,
  ramp: (times) => ({ from: 20 * times, to: 500 * times }),
  steps: (times) => ({
    steps: [
      { rate: 401 * times, durationMs: 300 },
      { rate: 0, durationMs: 100 },
      { rate: 77.7 * times, durationMs: 600 },
    ],
  }),
}

test.for(Object.entries(shapes))('every arrival of the combined schedule belongs to one arm: %s', ([, rate]) => {
  for (const arms of [1, 2, 3, 4, 5])
    for (let seed = 1; seed <= 12; seed++) {
      const combined = { ...span, rate: rate(arms) }
      const plans = times(arms).map((arm) => ({ ...span, rate: rate(1), ...dealtTo(arm, arms, seed) }))
      expectSame(ascending(plans.flatMap((plan) => all(plan))), all(combined))
      const counts = plans.map((plan) => countArrivals(plan, [{ index: 0, of: 1 }]) as number)
      expect(counts.reduce((sum, count) => sum + count)).toBe(countArrivals(combined, [{ index: 0, of: 1 }]))
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      // And of an arm's arrivals, each to one of its agents' threads.
      for (const plan of plans)
        for (const of of [2, 3, 6]) {
          const shares = times(of).map((index) => all(plan, index, of))
          expect(ascending(shares.flat())).toEqual(all(plan))
          for (const [index, share] of shares.entries())
            expect(countArrivals(plan, [{ index, of }])).toBe(share.filter((due) => due >= span.warmUpNs).length)
        }
    }
})

test('Poisson arrivals of all arms are one process, of which each has its own', () => {
  for (const rate of [shapes.constant, shapes.ramp, shapes.steps] as ((times: number) => Rate)[])
    for (const arms of [1, 2, 3, 5])
      for (const of of [1, 2, 3])
        for (let seed = 1; seed <= 5; seed++)
          for (let index = 0; index < of; index++) {
            const combined = all({ ...span, rate: rate(arms), seed }, index, of)
            const dealt = times(arms).map((arm) =>
              all({ ...span, rate: rate(1), seed: 99, ...dealtTo(arm, arms, seed) }, index, of),
            )
            expectSame(ascending(dealt.flat()), combined)
          }
  expect(countArrivals({ ...span, rate: 9, seed: 1, ...dealtTo(0, 2, 1) }, [{ index: 0, of: 1 }])).toBeNull()
})

test('of each group of arrivals every arm has one', () => {
  const dealt = times(3).map((arm) => all({ ...span, warmUpNs: 0, rate: 100, ...dealtTo(arm, 3, 7) }))
  for (let group = 0; group < 100; group++)
    for (const due of dealt) expect(Math.floor((due[group] as number) / 10e6)).toBe(group)
})

test('bursts and replays are not dealt: every arm has all of them, over its part of the base rate', () => {
  const rate = { burst: 5, everyMs: 250, base: 40 }
  const [one, other] = times(2).map((arm) => all({ ...span, rate, ...dealtTo(arm, 2, 3) })) as [number[], number[]]
  const atBursts = (due: readonly number[]) =>
    times(4).map((n) => due.filter((ns) => ns === span.warmUpNs + n * 250e6).length)
  for (const [n, count] of [...atBursts(one).entries()]) {
    expect(count + (atBursts(other)[n] as number)).toBeGreaterThanOrEqual(10)
    expect(count).toBeGreaterThanOrEqual(5)
  }
  expect(countArrivals({ ...span, rate, ...dealtTo(0, 2, 3) }, [{ index: 0, of: 1 }])).toBe(5 * 4 + 40)
  const replay = { replay: 'file', arrivalsMs: [0, 3, 3, 999] }
  expect(all({ ...span, rate: replay, ...dealtTo(0, 2, 3) })).toEqual(all({ ...span, rate: replay }))
})

test('the greatest number of requests is of the arm', () => {
  for (const arm of [0, 1]) {
    const plan = { ...span, rate: 100, maxRequests: 17, ...dealtTo(arm, 2, 5) }
    expect(all(plan).filter((due) => due >= span.warmUpNs)).toHaveLength(17)
    expect(countArrivals(plan, [{ index: 0, of: 1 }])).toBe(17)
  }
})

test.for([2, 3, 4])('all orders of %i arms are alike likely, whatever the order before', (arms) => {
  const groups = 24_000
  const deal = new Deal(arms, 1)
  const orders = new Map<string, number>()
  const pairs = new Map<string, number>()
  let before = 0
  for (let group = -groups / 2; group < groups / 2; group++) {
    const places = times(arms).map((arm) => deal.place(arm, group))
    expect(ascending(places)).toEqual(times(arms))
    orders.set(`${places}`, (orders.get(`${places}`) ?? 0) + 1)
    const [first] = places as [number]
    pairs.set(`${before},${first}`, (pairs.get(`${before},${first}`) ?? 0) + 1)
    before = first
  }
  // χ² beyond its mean by six standard deviations (√2 of the degrees of freedom each).
  for (const [counts, kinds] of [
    [orders, times(arms).reduce((product, n) => product * (n + 1), 1)],
    [pairs, arms * arms],
  ] as const) {
    expect(counts.size).toBe(kinds)
    const wanted = groups / kinds
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - wanted) ** 2 / wanted, 0)
    expect(chi).toBeLessThan(kinds - 1 + 6 * Math.sqrt(2 * (kinds - 1)))
  }
})

test('an arm is first as often as not, with nearly every seed', () => {
  const groups = 1000
  const leads = times(400).map((seed) => {
    const deal = new Deal(2, seed)
    return times(groups).reduce((sum, group) => sum + 1 - deal.place(0, group), 0)
  })
  const within = (deviations: number) =>
    leads.filter((lead) => Math.abs(lead - groups / 2) <= deviations * Math.sqrt(groups / 4)).length
  expect(within(1) / 400).toBeGreaterThan(0.6)
  expect(within(1) / 400).toBeLessThan(0.77)
  expect(within(5)).toBe(400)
})
