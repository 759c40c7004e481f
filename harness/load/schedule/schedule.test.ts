import { expect, test } from 'vitest'
import { meanRate, type Rate } from './arrivals.ts'
import type { ScheduleShare } from './processes.ts'
import { countArrivals, createSchedules, type Schedule, type SchedulePlan } from './schedule.ts'

function arrivals({ next, advance }: Schedule): number[] {
  const all: number[] = []
  for (; next[0] !== Number.POSITIVE_INFINITY; advance()) all.push(next[0] as number)
  return all
}

const whole = { index: 0, of: 1 }
const second = { warmUpNs: 0, durationNs: 1e9 }
const of = (plan: Partial<SchedulePlan> & { rate: Rate }, share: ScheduleShare = whole) =>
  createSchedules({ ...second, ...plan }, [share]).flatMap(arrivals)
const seconds = (all: readonly number[]) => all.map((ns) => ns / 1e9)

const recording = Array.from({ length: 1000 }, (_, i) => (i * i) / 500)
const kinds: Record<string, Rate> = {
  constant: 333.3,
  'ramp up': { from: 0, to: 1000 },
  'ramp down': { from: 1000, to: 30 },
  steps: {
    steps: [
      { rate: 100, durationMs: 300 },
      { rate: 0, durationMs: 200 },
      { rate: 777.7, durationMs: 1500 },
    ],
  },
  bursts: { burst: 37, everyMs: 130, base: 0 },
  'bursts over a rate': { burst: 37, everyMs: 130, base: 211 },
  replay: { replay: 'file', arrivalsMs: recording },
}

test('a constant rate has rate × duration arrivals, evenly apart, the first at once', () => {
  expect(of({ rate: 4 })).toEqual([0, 250e6, 500e6, 750e6])
  expect(of({ rate: 1000 })).toHaveLength(1000)
  expect(of({ rate: 0.1 })).toEqual([0])
  expect(of({ rate: 333.3, durationNs: 3e9 })).toHaveLength(1000)
})

test('the measured arrivals begin where the warm-up ends, whatever its length', () => {
  const all = of({ rate: 10, warmUpNs: 0.25e9 })
  expect(all.slice(0, 3)).toEqual([50e6, 150e6, 250e6])
  expect(all.filter((due) => due >= 0.25e9)).toHaveLength(10)
})

test.for([
  [0, 1000],
  [1000, 0],
  [200, 1800],
  [500, 500],
] as const)('a ramp from %i to %i: as many have come by each moment as the integral of the rate says', ([from, to]) => {
  const durationNs = 4e9
  const all = seconds(of({ rate: { from, to }, durationNs }))
  expect(all).toHaveLength(((from + to) / 2) * 4)
  const come = (t: number) => from * t + ((to - from) / 8) * t * t
  for (const [i, t] of all.entries()) expect(come(t)).toBeCloseTo(i, 6)
  expect(all.at(-1)).toBeLessThan(4)
})

test('a ramp is warmed up at the rate that it begins with', () => {
  const all = seconds(of({ rate: { from: 10, to: 30 }, warmUpNs: 0.5e9, durationNs: 2e9 }))
  expect(all.slice(0, 6)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5])
  expect(all).toHaveLength(5 + 40)
})

test('steps follow one another, and fractions of arrivals are carried over', () => {
  const rate = {
    steps: [
      { rate: 2.5, durationMs: 1000 },
      { rate: 0, durationMs: 1000 },
      { rate: 5, durationMs: 1000 },
    ],
  }
  // 2.5 have come by the end of the first step: the fourth arrival is due half an arrival into the last one.
  expect(seconds(of({ rate, durationNs: 3e9 }))).toEqual([0, 0.4, 0.8, 2.1, 2.3, 2.5, 2.7, 2.9])
})

test('bursts come at once, at their interval, over the base rate', () => {
  expect(of({ rate: { burst: 2, everyMs: 400, base: 0 } })).toEqual([0, 0, 400e6, 400e6, 800e6, 800e6])
  expect(of({ rate: { burst: 2, everyMs: 500, base: 4 } })).toEqual([0, 0, 0, 250e6, 500e6, 500e6, 500e6, 750e6])
  const warmedUp = of({ rate: { burst: 3, everyMs: 200, base: 0 }, warmUpNs: 0.5e9, durationNs: 0.2e9 })
  expect(warmedUp).toEqual([0.1e9, 0.1e9, 0.1e9, 0.3e9, 0.3e9, 0.3e9, 0.5e9, 0.5e9, 0.5e9])
})

test('a recording is replayed as it is, as far as the load lasts, and warmed up at its mean rate', () => {
  const rate = { replay: 'file', arrivalsMs: [0, 0, 1.5, 20, 999.999, 1000] }
  expect(of({ rate })).toEqual([0, 0, 1.5e6, 20e6, 999.999e6])
  expect(seconds(of({ rate, warmUpNs: 0.4e9 })).slice(0, 4)).toEqual([0, 0.2, 0.4, 0.4])
})

test.for(Object.entries(kinds))('every arrival belongs to one share: %s', ([, rate]) => {
  const plan = { rate, warmUpNs: 123e6, durationNs: 2e9 }
  const all = of(plan)
  for (const threads of [1, 2, 3, 7]) {
    const shares = Array.from({ length: threads }, (_, index) => of(plan, { index, of: threads }))
    expect(shares.flat().toSorted((a, b) => a - b)).toEqual(all)
    for (const [index, share] of shares.entries()) {
      expect(share).toEqual(share.toSorted((a, b) => a - b))
      expect(countArrivals(plan, [{ index, of: threads }])).toBe(share.filter((due) => due >= plan.warmUpNs).length)
    }
  }
})

test('the mean rate is that of the measured arrivals', () => {
  for (const rate of Object.values(kinds)) {
    const count = of({ rate, durationNs: 2e9 }).length
    // Of a fraction of an arrival, in sum two with a base rate, the schedule makes a whole one.
    expect(Math.abs(count - 2 * meanRate(rate, 2000))).toBeLessThan(2)
  }
})

test('Poisson arrivals have exponential gaps and repeat with the seed', () => {
  const poisson = (seed: number) => of({ rate: 50_000, seed })
  const all = poisson(3)
  const gaps = all.slice(1).map((due, i) => due - (all[i] as number))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  // Four standard errors of 50,000 draws are 1.8 % of the mean.
  expect(mean / 20_000).toBeGreaterThan(0.982)
  expect(mean / 20_000).toBeLessThan(1.018)
  expect(deviation / mean).toBeCloseTo(1, 1)
  expect(poisson(3)).toEqual(all)
  expect(poisson(4)).not.toEqual(all)
})

test('Poisson arrivals of a ramp follow its rate, and bursts among them keep their size', () => {
  const ramp = of({ rate: { from: 0, to: 80_000 }, seed: 2 })
  // A ramp from 0 has a quarter of its arrivals in its first half; 6 standard deviations are 1.4 %.
  expect(ramp.filter((due) => due < 0.5e9).length / ramp.length).toBeCloseTo(0.25, 1)
  const rate = { burst: 500, everyMs: 100, base: 1000 }
  const mixed = of({ rate, seed: 2 })
  for (let at = 0; at < 1e9; at += 100e6) expect(mixed.filter((due) => due === at)).toHaveLength(500)
  expect(countArrivals({ ...second, rate, seed: 2 }, [whole])).toBeNull()
})

test('the Poisson arrivals of shares differ and add up to the rate', () => {
  const share = (index: number) => of({ rate: 40_000, seed: 1 }, { index, of: 2 })
  expect(share(0)).not.toEqual(share(1))
  expect((share(0).length + share(1).length) / 40_000).toBeCloseTo(1, 1)
})
