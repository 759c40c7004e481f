import { expect, test } from 'vitest'
import { figuresOf } from '../verdict/figures.ts'
import { compareRecords } from './compare-records.ts'
import { comparisonText } from './compare-text.ts'
import { madeRun, madeRuns } from './testing.ts'

test('two runs are set beside each other figure by figure, with the spread between runs where it is known', () => {
  const [a, b] = [madeRun(30, 2, 4.4), madeRun(31, 2, 4)]
  const of = (earlier = madeRuns([])) =>
    compareRecords(
      a,
      b,
      earlier.flatMap((record) => figuresOf(record)),
    ).figures.filter(({ indicator, arm }) => indicator === 'p50Ms' && arm === 'envoy')
  expect(of().map(({ form, a: mine, b: theirs }) => [form, mine?.value, theirs?.value])).toEqual([
    ['value', 4.4, 4],
    ['ratio', 2.2, 2],
  ])
  const [, ratio] = of(madeRuns([2, 2.02, 2.04, 2.06, 2.08, 2.1]))
  expect(ratio?.difference).toMatchObject({ relative: true, interval: null })
  expect(ratio?.difference?.value).toBeCloseTo(1.1, 12)
  expect(ratio?.spread?.runs).toBe(6)
  expect(ratio?.spread?.most).toBeCloseTo(2.1 / 2, 12)
  expect(ratio?.spread?.usual).toBeLessThan(1.03)
  expect(of(madeRuns([2, 2, 2, 2, 2]))[0]?.spread).toBeNull()
})

test('the interval of a difference has those of both runs in it', () => {
  const run = madeRun(1, 2, 4)
  const comparison = compareRecords(run, { ...run, run: { ...run.run, id: 'other' } })
  expect(comparison.differs).toEqual([])
  const counted = comparison.figures.find(({ indicator }) => indicator === 'errorRate')
  expect(counted?.difference?.relative).toBe(false)
  expect(counted?.difference?.value).toBe(0)
  expect(counted?.difference?.interval?.[1]).toBe(counted?.a?.interval?.[1])
})

test('the text says what is not alike, what one run has alone, and what it cannot tell', () => {
  const [a, b] = [madeRun(30, 2, 4.4), madeRun(31, 2, 4)]
  a.environment.kernel = '7.0'
  b.experiments = b.experiments.map((one) => ({ ...one, arms: one.arms.slice(0, 1) }))
  const text = comparisonText(compareRecords(a, b))
  expect(text).toMatch(/^A {2}run30 · 2026-01-01T00:30:00.000Z\nB {2}run31 · /)
  expect(text).toContain('  kernel: A "7.0", B "6.12"')
  expect(text).toMatch(/\n {2}p50 of envoy +4\.40 ms +– +– +–\n/)
  expect(text).toMatch(/\n {2}p50 of baseline +2\.00 ms +2\.00 ms +1\.00 × +–\n/)
  expect(text).toContain('One run of each cannot tell a difference from the spread between runs')
})
