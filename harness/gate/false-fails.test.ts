import { expect, test } from 'vitest'
import { simulated } from './testing-false-fails.ts'

const usual = { gates: 400, seed: 11, control: 20, candidate: 3, limits: 3, again: 0, allowed: 0 } as const

test.for(['normal', 'slowRuns', 'heavy'] as const)(
  'of runs alike, with %s noise, at most one gate in a hundred or so fails by chance',
  (noise) => {
    // 1 % of 400 and three standard deviations more.
    expect(simulated({ ...usual, noise }).fails).toBeLessThanOrEqual(10)
    expect(simulated({ ...usual, noise, again: 2, allowed: 0.05 }).fails).toBeLessThanOrEqual(2)
  },
)

test('what is clearly worse is found', () => {
  expect(simulated({ ...usual, gates: 100, noise: 'normal', again: 2, planted: 0.15 }).fails).toBeGreaterThan(90)
})
