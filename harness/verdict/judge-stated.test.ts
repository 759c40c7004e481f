import { expect, test } from 'vitest'
import type { Verdict } from '../../reports/record.ts'
import { isBorderline, withoutDisagreement } from './judge-stated.ts'

const verdict = (more: Partial<Verdict>): Verdict => ({
  ...{ kind: 'share', indicator: 'p50Ms', unit: '×', limit: { max: 1.05 }, arm: 'candidate', over: 'control' },
  ...{ measured: 1.08, interval: [1.07, 1.09], confidence: 0.95, pValue: null, trials: { arm: 2, over: 2 } },
  ...{ noiseFloor: 0.01, smallestEffect: 0.01, deployments: [1.08, 1.08], outcome: 'fail', why: '' },
  ...more,
})

test('a fail is a close call within the noise floor of its limit, or where a deployment keeps the limit', () => {
  expect(isBorderline(verdict({}))).toBe(false)
  expect(isBorderline(verdict({ noiseFloor: 0.03 }))).toBe(true)
  expect(isBorderline(verdict({ deployments: [1.13, 1.04] }))).toBe(true)
  expect(isBorderline(verdict({ limit: { min: 1.2 }, noiseFloor: 0.12, deployments: [] }))).toBe(true)
  expect(isBorderline(verdict({ noiseFloor: null }))).toBe(false)
})

test('any other verdict is none', () => {
  for (const outcome of ['pass', 'inconclusive', 'invalid'] as const)
    expect(isBorderline(verdict({ outcome, noiseFloor: 1 }))).toBe(false)
  expect(isBorderline(verdict({ interval: null, noiseFloor: 1 }))).toBe(false)
})

test('a fail that more than a quarter of the deployments do not show is not clear', () => {
  for (const deployments of [
    [1.08, 1.08],
    [1.13, 1.04, 1.12, 1.2],
  ])
    expect(withoutDisagreement(verdict({ deployments })).outcome).toBe('fail')
  const split = withoutDisagreement(verdict({ deployments: [1.13, 1.04, null], why: 'the whole interval breaks it' }))
  expect(split).toMatchObject({ outcome: 'inconclusive', measured: 1.08 })
  expect(split.why).toMatch(/^the whole interval breaks it; 1 of 3 deployments by themselves keep it/)
})
