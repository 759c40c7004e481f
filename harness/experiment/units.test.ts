import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
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

test('arms are loaded at once until the limits are clear, each deployed twice, and every unit is of all of them', {
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

test('closed loops take turns, each with as much of every unit', { timeout: 60_000 }, async ({ cluster }) => {
  const spec = { ...specOf({ load: { connections: 2, warmUp: '500ms' }, maxDuration: '8s' }), maxDurationMs: 4000 }
  const { arms: measured, design } = await measureArms(spec, quietContext(cluster))
  expect(design).toBe('slices')
  for (const arm of measured) {
    expect(unitsOf(arm).length).toBeGreaterThanOrEqual(20)
    expect(unitsOf(arm).some(({ requests }) => requests > 0)).toBe(true)
    expect(arm.trials[0]?.evidence?.mismatches).toEqual([])
  }
})

test('an arm that answers nothing ends the experiment early, and says so', { timeout: 60_000 }, async ({ cluster }) => {
  const spec = specOf({ env: { STATUS: '503' }, load: { rate: 100, connections: 2, warmUp: '500ms' } })
  const startedAt = performance.now()
  const { arms: measured } = await measureArms({ ...spec, maxDurationMs: 45_000 }, quietContext(cluster))
  expect(performance.now() - startedAt).toBeLessThan(40_000)
  for (const { trials } of measured)
    expect(trials[0]?.validity.reasons.map(({ code }) => code)).toContain('errors_above_limit')
})

test('what breaks a limit by a close call is measured again, deployed anew, and both are told', {
  timeout: 60_000,
}, async ({ cluster, ref: { workDir } }) => {
  const answersAfter = (name: string, ms: string) => {
    const file = join(workDir, `${name}.mjs`)
    writeFileSync(
      file,
      `import { createServer } from 'node:http'
      let n = 0
      createServer((_, response) => setTimeout(() => response.end(), ${ms})).listen(process.env.PORT)`,
    )
    return { mesh: 'baseline', name, program: { file } }
  }
  // Halves of the control's own requests are up to 40 ms apart, which is more than the 20 to 60 ms of the other lie over the limit.
  const own = [answersAfter('one', '40 * (n++ % 2)'), answersAfter('other', '60')]
  const asked = { workload: 'service' as const, arms: own, load: { rate: 100, connections: 16, warmUp: '300ms' } }
  const spec = { ...parseExperiment({ ...asked, control: 'one' }, profiles.smoke, []), unitMs: 200 }
  const notes: string[] = []
  const { arms: measured, again } = await measureArms(spec, {
    ...{ ...quietContext(cluster), limits: [{ kind: 'budget', indicator: 'p50Ms', limit: { max: 15 } }], again: 1 },
    onNote: (text) => notes.push(text),
  })
  expect(measured.map(({ trials }) => trials.length)).toEqual([2, 2])
  expect(again).toMatchObject([{ deployments: 1, verdicts: [{ outcome: 'fail', arm: 'other' }] }])
  expect(notes).toContainEqual(expect.stringMatching(/^measured again before it fails: other adds to one at p50Ms/))
})
