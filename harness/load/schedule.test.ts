import { expect, test } from 'vitest'
import { arrivalCount, constantSchedule, poissonSchedule, type Schedule } from './schedule.ts'

function arrivals({ next, advance }: Schedule): number[] {
  const all: number[] = []
  for (; next[0] !== Number.POSITIVE_INFINITY; advance()) all.push(next[0] as number)
  return all
}

const base = { warmUpNs: 0, durationNs: 1e9, thread: 0, threads: 1 }

test('a constant rate has rate × duration arrivals, evenly apart, the first at once', () => {
  expect(arrivals(constantSchedule({ ...base, rate: 4 }))).toEqual([0, 250e6, 500e6, 750e6])
  expect(arrivalCount(1000, 1e9)).toBe(1000)
  expect(arrivalCount(0.1, 1e9)).toBe(1)
  expect(arrivals(constantSchedule({ ...base, rate: 333.3, durationNs: 3e9 }))).toHaveLength(arrivalCount(333.3, 3e9))
})

test('the measured arrivals begin where the warm-up ends, whatever its length', () => {
  const all = arrivals(constantSchedule({ ...base, rate: 10, warmUpNs: 0.25e9 }))
  expect(all.slice(0, 3)).toEqual([50e6, 150e6, 250e6])
  expect(all.filter((due) => due >= 0.25e9)).toHaveLength(10)
})

test.for([1, 2, 3, 7])('%i threads share the constant schedule between them', (threads) => {
  const spec = { ...base, rate: 1000, warmUpNs: 123e6 }
  const shares = Array.from({ length: threads }, (_, thread) =>
    arrivals(constantSchedule({ ...spec, thread, threads })),
  )
  expect(shares.flat().toSorted((a, b) => a - b)).toEqual(arrivals(constantSchedule(spec)))
  const sizes = shares.map((share) => share.length)
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
})

test('Poisson arrivals have exponential gaps and repeat with the seed', () => {
  const of = (seed: number) => arrivals(poissonSchedule({ ...base, rate: 50_000, seed }))
  const all = of(3)
  const gaps = all.slice(1).map((due, i) => due - (all[i] as number))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  // Four standard errors of 50,000 draws are 1.8 % of the mean.
  expect(mean / 20_000).toBeGreaterThan(0.982)
  expect(mean / 20_000).toBeLessThan(1.018)
  expect(deviation / mean).toBeCloseTo(1, 1)
  expect(of(3)).toEqual(all)
  expect(of(4)).not.toEqual(all)
})

test('the Poisson arrivals of threads differ and add up to the rate', () => {
  const share = (thread: number) => arrivals(poissonSchedule({ ...base, rate: 40_000, seed: 1, thread, threads: 2 }))
  expect(share(0)).not.toEqual(share(1))
  expect((share(0).length + share(1).length) / 40_000).toBeCloseTo(1, 1)
})
