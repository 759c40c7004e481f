import { expect, test } from 'vitest'
import { armOfUnits, pairedExperiment, unitOf, unitsOf } from '../../reports/testing/units.ts'
import { clearness } from './clearness.ts'

const look = { seed: 1, unitMs: 1000 }
const { arms } = pairedExperiment({ units: 20 })

test('a limit far from what is measured is clear, one close to it is open with its interval', () => {
  const stated = (max: number) => [{ kind: 'budget' as const, indicator: 'p50Ms', limit: { max } }]
  expect(clearness(stated(2), arms, look)).toEqual({ clear: true, open: [] })
  expect(clearness(stated(0.1), arms, look), 'broken is clear, too').toEqual({ clear: true, open: [] })
  const { clear, open } = clearness(stated(0.4), arms, look)
  expect(clear).toBe(false)
  expect(open).toMatchObject([{ kind: 'budget', indicator: 'p50Ms', arm: 'envoy', over: 'baseline', units: 40 }])
  expect(open[0]?.interval?.[0]).toBeLessThan(0.4)
  expect(open[0]?.interval?.[1]).toBeGreaterThan(0.4)
})

test('nothing is clear of too few units, and a limit without an arm is on all of them', () => {
  const few = arms.map(({ name }) => armOfUnits(name, [unitsOf([[1], [2], [3]])]))
  const { open } = clearness(
    [
      { kind: 'objective', indicator: 'p50Ms', limit: { max: 10 } },
      { kind: 'budget', indicator: 'p50Ms', limit: { max: 10 } },
    ],
    few,
    look,
  )
  expect(open.map(({ kind, arm, over }) => [kind, arm, over])).toEqual([
    ['objective', 'baseline', null],
    ['objective', 'envoy', null],
    ['budget', 'envoy', 'baseline'],
  ])
  expect(open.every(({ interval }) => interval === null)).toBe(true)
})

test('skipped arms and limits that fit no arm keep nothing open', () => {
  const skipped = arms.map((arm) => (arm.name === 'envoy' ? { ...arm, skipped: 'no Envoy here' } : arm))
  expect(clearness([{ kind: 'budget', indicator: 'p50Ms', limit: { max: 0.4 } }], skipped, look).clear).toBe(true)
  expect(
    clearness([{ kind: 'objective', indicator: 'p50Ms', limit: { max: 0.4 }, arm: 'istio' }], arms, look).clear,
  ).toBe(true)
})

test('what is counted by something else than failed requests is open until that is read', () => {
  const units = unitsOf(Array.from({ length: 60 }, () => new Array<number>(500).fill(1)))
  const stated = [{ kind: 'objective' as const, indicator: 'retransmitRate', limit: { max: 0.1 } }]
  const { clear, open } = clearness(stated, [armOfUnits('envoy', [units])], look)
  expect({ clear, open }).toMatchObject({ clear: false, open: [{ indicator: 'retransmitRate', interval: null }] })
})

test('an outage of one unit in 60 is clear at once', () => {
  const units = Array.from({ length: 60 }, (_, i) => {
    const out = i === 30 ? { requests: 500, errors: { http_5xx: 500 }, latency: '', serviceTime: '' } : {}
    return unitOf(i, i === 30 ? [] : new Array<number>(500).fill(1), out)
  })
  const stated = [{ kind: 'objective' as const, indicator: 'errorRate', limit: { max: 0.001 } }]
  expect(clearness(stated, [armOfUnits('baseline', [units.slice(0, 8)])], look).open).toMatchObject([{ measured: 0 }])
  expect(clearness(stated, [armOfUnits('baseline', [units.slice(0, 30)])], look).clear).toBe(true)
  expect(clearness(stated, [armOfUnits('baseline', [units])], look).clear).toBe(true)
})
