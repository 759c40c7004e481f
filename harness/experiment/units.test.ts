import { expect } from 'vitest'
import { test } from '../../clusters/testing.ts'
import type { Arm } from '../../reports/record.ts'
import type { StatedLimit } from '../verdict/stated.ts'
import { measureArms } from './measure.ts'
import { profiles } from './profiles.ts'
import { type ExperimentInput, parseExperiment } from './spec.ts'
import { quietContext } from './testing.ts'

const arms = [
  { mesh: 'baseline', name: 'one' },
  { mesh: 'baseline', name: 'other' },
]
const generous: StatedLimit = { kind: 'budget', indicator: 'p50Ms', limit: { max: 5000 } }

/** Small units: a test need not say anything about latency. */
function specOf(input: Omit<ExperimentInput, 'arms' | 'workload'>, deployments = 1) {
  const spec = parseExperiment({ arms, control: 'one', workload: 'http-echo', ...input }, profiles.smoke, [])
  return { ...spec, unitMs: 200, deployments }
}

const unitsOf = ({ trials }: Arm) => trials.flatMap(({ load }) => load.units ?? [])

// These two send little and wait, each in a cluster of its own.
test.concurrent('arms are loaded at once until the limits are clear, each deployed twice, and every unit is of all of them', {
  timeout: 120_000,
}, async ({ cluster }) => {
  const phases: string[] = []
  const spec = specOf({ load: { rate: 200, connections: 4, warmUp: '500ms' }, maxDuration: '60s' }, 2)
  const { arms: measured, ...result } = await measureArms(spec, {
    ...{ ...quietContext(cluster), limits: [generous] },
    onUnits: ({ phase, open }) => phases.push(open.length > 0 ? `${phase} open` : phase),
  })
  const [one, other] = measured as [Arm, Arm]
  expect(phases).toEqual(expect.arrayContaining(['deploying', 'conditioning', 'warm-up', 'measured open', 'measured']))
  expect(result).toMatchObject({ design: expect.stringMatching(/paired|slices/), unitMs: 200 })
  const numbers = unitsOf(one).map(({ index }) => index)
  // As soon as the limit is clear, in each deployment no sooner than it says something; nowhere near the longest time.
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i))
  expect(numbers.length).toBeGreaterThanOrEqual(32)
  expect(numbers.length).toBeLessThan(150)
  expect(unitsOf(other).map(({ index }) => index)).toEqual(numbers)
  expect(result.machine?.map(({ index }) => index)).toEqual(numbers.slice(0, result.machine?.length))
  for (const { trials } of [one, other]) {
    expect(trials.map(({ block }) => block)).toEqual([1, 2])
    for (const { load, evidence, resources } of trials) {
      expect(load.stopped?.by).toBe('experiment')
      expect(evidence?.mismatches).toEqual([])
      expect(resources.map(({ role }) => role)).toEqual(['app'])
      // The rest was under way, or in the unit that was not over.
      const inUnits = (load.units ?? []).reduce((sum, { requests }) => sum + requests, 0)
      expect(inUnits).toBeLessThanOrEqual(load.requests)
      expect(inUnits).toBeGreaterThan(load.requests / 2)
    }
  }
})

test.concurrent('an arm that answers nothing ends the experiment early, and says so', { timeout: 60_000 }, async ({
  cluster,
}) => {
  const spec = specOf({ env: { STATUS: '503' }, load: { rate: 100, connections: 2, warmUp: '500ms' } })
  const startedAt = performance.now()
  const { arms: measured } = await measureArms({ ...spec, maxDurationMs: 45_000 }, quietContext(cluster))
  expect(performance.now() - startedAt).toBeLessThan(40_000)
  for (const { trials } of measured)
    expect(trials[0]?.validity.reasons.map(({ code }) => code)).toContain('errors_above_limit')
})

test('closed loops take turns, each with as much of every unit', { timeout: 60_000 }, async ({ cluster }) => {
  const spec = { ...specOf({ load: { connections: 2, warmUp: '500ms' }, maxDuration: '8s' }), maxDurationMs: 4000 }
  const live: number[] = []
  const { arms: measured, design } = await measureArms(spec, {
    ...quietContext(cluster),
    onUnits: ({ phase, arms: [one] }) => void (phase === 'measured' && one?.rate != null && live.push(one.rate)),
  })
  expect(design).toBe('slices')
  // The rates that are shown meanwhile are of the arm's own turns too, which are less than half of the time.
  const shown = live.reduce((sum, rate) => sum + rate, 0) / live.length
  const { achievedRate } = measured[0]?.trials[0]?.load ?? { achievedRate: 0 }
  expect(shown / achievedRate).toBeGreaterThan(0.7)
  expect(shown / achievedRate).toBeLessThan(1.4)
  for (const arm of measured) {
    expect(unitsOf(arm).length).toBeGreaterThanOrEqual(20)
    expect(unitsOf(arm).some(({ requests }) => requests > 0)).toBe(true)
    expect(arm.trials[0]?.evidence?.mismatches).toEqual([])
  }
})
