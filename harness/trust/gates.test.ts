import { expect, test } from 'vitest'
import { liveGates, redrawnGates } from './gates.ts'
import { slowerTogether } from './pooled-requests.ts'
import type { Question, Run } from './runs.ts'
import { base, recordedSession } from './testing.ts'

const answers = (runs: readonly Run[], rule: Run['rule'], question: Question) =>
  runs.filter((run) => run.rule === rule && run.question === question).map(({ answer }) => answer)

const sample = (values: number[]) => ({
  values: Float64Array.from(values),
  counts: Float64Array.from(values, () => 1),
  total: values.length,
  meanUs: values.reduce((sum, value) => sum + value, 0) / values.length,
})

test('one test of all requests: equal samples are equal, a shifted one is slower, a faster one is not', () => {
  const base = Array.from({ length: 400 }, (_, i) => 100 + i)
  expect(slowerTogether(sample(base), sample(base))).toBe(false)
  expect(slowerTogether(sample(base.map((us) => us + 40)), sample(base))).toBe(true)
  expect(slowerTogether(sample(base.map((us) => us - 40)), sample(base))).toBe(false)
})

test('gates of records need runs of two sessions', () => {
  expect(redrawnGates([], { p50Us: 100, p99Us: 1000 }, 10, 1)).toEqual([])
})

test('gates of equal sides do not fail, and find a planted slow-down; the test of all requests finds one where there is none', () => {
  const sessions = [1, 2, 3].map((seed) => recordedSession({ seed, noise: 0.1, requests: 200 }))
  const live = sessions.flatMap(liveGates)
  expect(answers(live, 'gate', 'same')).toHaveLength(6)
  expect(answers(live, 'gate', 'same')).not.toContain('fail')
  expect(new Set(answers(live, 'gate', 'busy25'))).toEqual(new Set(['fail']))
  const redrawn = redrawnGates(sessions, base, 10, 1)
  expect(answers(redrawn, 'gate of records', 'same')).not.toContain('fail')
  expect(new Set(answers(redrawn, 'gate of records', 'busy25'))).toEqual(new Set(['fail']))
  // Sessions differ in their speed a little, and each has thousands of requests.
  expect(answers(redrawn, 'pooled requests', 'same')).toContain('fail')
})
