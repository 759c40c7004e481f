import { expect, test } from 'vitest'
import type { Rate } from './arrivals.ts'
import { countArrivals, createSchedules, type SchedulePlan } from './schedule.ts'
import { turnLengths, turnRefusal } from './turn-lengths.ts'
import { Turns } from './turns.ts'

const times = (count: number) => Array.from({ length: count }, (_, i) => i)
const inTurn = (arm: number, arms: number, seed = 1, turnMs = 50) =>
  ({ design: 'slices', arm, arms, seed, turnMs, settleMs: 5, drainMs: 10 }) as const
const all = (plan: SchedulePlan, index = 0, of = 1) =>
  createSchedules(plan, [{ index, of }]).flatMap(({ next, advance }) => {
    const due: number[] = []
    for (; next[0] !== Number.POSITIVE_INFINITY; advance()) due.push(next[0] as number)
    return due
  })

test('each turn is one arm’s, and a quad is the arms in a drawn order and then backwards', () => {
  for (const arms of [1, 2, 3, 4, 5]) {
    const turns = times(arms).map((arm) => new Turns(inTurn(arm, arms), 1e9))
    const firsts = new Set<number>()
    for (let quad = -3; quad < 60; quad++) {
      const owners = times(2 * arms).map((n) => {
        const now = 1e9 + (2 * arms * quad + n + 0.5) * 50e6
        const own = times(arms).filter((arm) => turns[arm]?.own(now))
        expect(own).toHaveLength(1)
        return own[0] as number
      })
      expect(owners).toEqual(owners.toReversed())
      expect(owners.slice(0, arms).toSorted()).toEqual(times(arms))
      firsts.add(owners[0] as number)
    }
    expect(firsts.size).toBe(arms)
  }
})

test('a request may be due from the beginning of an own turn to its last part', () => {
  const turns = new Turns(inTurn(1, 2, 4), 130e6)
  for (let now = 0; now < 3e9; now += 0.7e6) {
    const opens = turns.opensAt(now)
    expect(turns.own(opens)).toBe(true)
    if (opens === now) expect((((now - 130e6) % 50e6) + 50e6) % 50e6).toBeLessThan(40e6)
    else {
      expect(Math.abs((opens - 130e6) % 50e6)).toBe(0)
      expect(opens - now).toBeLessThanOrEqual(2 * 50e6 + 10e6)
    }
  }
})

const shapes: Record<string, Rate> = {
  constant: 1000,
  ramp: { from: 100, to: 2000 },
  steps: {
    steps: [
      { rate: 300, durationMs: 1200 },
      { rate: 900, durationMs: 1200 },
    ],
  },
  bursts: { burst: 7, everyMs: 80, base: 100 },
}

test.for(Object.entries(shapes))('arrivals keep to own turns, at the arm’s rate in them: %s', ([, rate]) => {
  for (const arms of [2, 3])
    for (let seed = 1; seed <= 10; seed++)
      for (const drawn of [undefined, 5]) {
        const span = { warmUpNs: 310e6, durationNs: 2.4e9 }
        for (const arm of times(arms)) {
          const plan = { ...span, rate, seed: drawn, arms: inTurn(arm, arms, seed) }
          const turns = new Turns(plan.arms, span.warmUpNs)
          const due = all(plan)
          // What a fraction of an arrival makes due before the load begins is due at its beginning.
          expect(due.filter((ns) => ns > 0 && !(turns.own(ns) && turns.opensAt(ns) === ns))).toEqual([])
          expect(due.at(-1)).toBeLessThan(span.warmUpNs + span.durationNs)
          const measured = due.filter((ns) => turns.measures(ns)).length
          if (drawn === undefined) {
            expect(countArrivals(plan, [{ index: 0, of: 1 }])).toBe(measured)
            for (const of of [2, 3]) {
              const shares = times(of).map((index) => all(plan, index, of))
              expect(shares.flat().toSorted((a, b) => a - b)).toEqual(due)
            }
          }
        }
      }
})

test('as many are due in a turn as the rate says, and what comes while it settles is not measured', () => {
  const span = { warmUpNs: 200e6, durationNs: 2e9 }
  const plan = { ...span, rate: 1000, arms: inTurn(0, 2, 3) }
  const due = all(plan).filter((ns) => ns >= span.warmUpNs)
  // Turns of 50 ms, of which 40 may be sent in and 35 are measured: half of 40 turns are the arm's.
  expect(due).toHaveLength(20 * 40)
  expect(countArrivals(plan, [{ index: 0, of: 1 }])).toBe(20 * 35)
  const turns = new Turns(plan.arms, span.warmUpNs)
  const settling = due.filter((ns) => !turns.measures(ns))
  expect(settling).toHaveLength(20 * 5)
  for (const ns of settling) expect(Math.round(ns - span.warmUpNs) % 50e6).toBeLessThan(5e6)
})

test('the steps of an arm have their rates, and all of them come', () => {
  const plan = { warmUpNs: 0, durationNs: 2.4e9, rate: shapes.steps as Rate, arms: inTurn(0, 2, 3) }
  const due = all(plan)
  // 48 turns, half of them the arm's, of 40 ms each.
  expect(due.filter((ns) => ns < 1.2e9)).toHaveLength(12 * 0.04 * 300)
  expect(due.filter((ns) => ns >= 1.2e9)).toHaveLength(12 * 0.04 * 900)
})

test('every burst is measured', () => {
  const plan = { warmUpNs: 0, durationNs: 2e9, rate: { burst: 7, everyMs: 70, base: 0 }, arms: inTurn(0, 2, 3) }
  // 20 turns of 35 ms that are measured.
  expect(all(plan)).toHaveLength((7 * 20 * 35) / 70)
  expect(countArrivals(plan, [{ index: 0, of: 1 }])).toBe((7 * 20 * 35) / 70)
})

test('the greatest number of requests is of those that are measured', () => {
  const plan = { warmUpNs: 100e6, durationNs: 2e9, rate: 1000, maxRequests: 50, arms: inTurn(1, 2, 3) }
  expect(countArrivals(plan, [{ index: 0, of: 1 }])).toBe(50)
})

test('the quads of the usual lengths fill a unit', () => {
  expect(turnLengths(2, 1000)).toEqual({ unitMs: 1000, turnMs: 250, settleMs: 25, drainMs: 25 })
  expect(turnLengths(4, 1000, 3)).toEqual({ unitMs: 1000, turnMs: 125, settleMs: 12.5, drainMs: 12.5 })
  // Longer units have several quads.
  expect(turnLengths(2, 10_000)).toEqual({
    unitMs: 10_000,
    turnMs: 10_000 / 12,
    settleMs: 10_000 / 12 / 10,
    drainMs: 10_000 / 12 / 10,
  })
  // Too short a unit grows, and so does one whose turns are short beside a round trip.
  expect(turnLengths(5, 100)).toEqual({ unitMs: 250, turnMs: 25, settleMs: 2.5, drainMs: 5 })
  expect(turnLengths(3, 1000, 60)).toEqual({ unitMs: 1440, turnMs: 240, settleMs: 24, drainMs: 60 })
  for (const [arms, unitMs, roundTripMs] of [
    [2, 1000, 0],
    [5, 7000, 10],
    [3, 30_000, 100],
    [4, 50, 0],
  ] as const) {
    const { unitMs: unit, turnMs, settleMs, drainMs } = turnLengths(arms, unitMs, roundTripMs)
    expect(unit).toBeGreaterThanOrEqual(unitMs)
    expect(unit / (2 * arms * turnMs)).toBeCloseTo(Math.round(unit / (2 * arms * turnMs)), 9)
    expect(turnMs - settleMs - drainMs).toBeGreaterThan(turnMs / 2)
    expect(turnRefusal(turnMs, roundTripMs)).toBeNull()
  }
})

test('turns in which nothing could be measured are refused', () => {
  expect(turnRefusal(25, 40)).toBe(
    "a turn of 25 ms is shorter than the round trip of 40 ms: a request would be answered in another arm's turn",
  )
  expect(turnRefusal(1000, 950)).toMatch(/a turn of 1000 ms leaves nothing to measure: it settles for 100 ms/)
  expect(turnRefusal(250, 2)).toBeNull()
})
