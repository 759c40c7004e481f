import { expect, test } from 'vitest'
import { basis } from './certainty.ts'
import { type Claimed, claimOf } from './claim.ts'
import type { Verdict } from './record.ts'

const claimed: Claimed = {
  ...{ kind: 'baseline', indicator: 'p99Ms', unit: '×', limit: { max: 1.05 }, arm: 'envoy', over: 'baseline' },
  ...{ measured: 1.02, interval: [0.99, 1.04] },
}
const sentence = (change: Partial<Claimed>) => claimOf({ ...claimed, ...change }, { nameOther: false }).sentence

test('beside earlier runs a ratio is what it was times so much, and a difference a change', () => {
  expect(claimOf(claimed, { nameOther: false })).toEqual({
    sentence: 'p99 of envoy over baseline is 1.02 × what it was',
    interval: '[0.99, 1.04]',
    limit: '≤ 1.05 ×',
  })
  expect(sentence({ over: null })).toBe('p99 of envoy is 1.02 × what it was')
  expect(sentence({ over: null, unit: 'ms', measured: -0.2 })).toBe('p99 of envoy changed by −0.20 ms')
  expect(sentence({ measured: null })).toBe('p99 of envoy over baseline beside earlier runs is unknown')
  expect(sentence({ kind: 'share' })).toBe('p99 of envoy is 1.02 × that of baseline')
  expect(sentence({ kind: 'share', limit: { min: 0.5 } })).toBe('envoy keeps 1.02 × of the p99')
})

test('what stands behind it is how many runs, and of when', () => {
  const baseline = { runs: 14, candidates: 1, from: '2026-01-01T00:00:00.000Z', to: '2026-01-09T00:00:00.000Z' }
  const of = (about: typeof baseline) => basis({ ...claimed, baseline: about } as unknown as Verdict)
  expect(of(baseline)).toEqual(['1 run against 14 from 2026-01-01 to 2026-01-09'])
  expect(of({ ...baseline, candidates: 3, to: baseline.from })).toEqual(['3 runs against 14 of 2026-01-01'])
})
