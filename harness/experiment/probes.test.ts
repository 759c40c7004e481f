import { expect } from 'vitest'
import { envoy } from '../../clusters/meshes/envoy/mesh.ts'
import { local } from '../../clusters/providers/local.ts'
import { test } from '../../clusters/testing.ts'
import { stations } from '../../reports/kernel.ts'
import type { Arm } from '../../reports/record.ts'
import { expectKernelView, needsProbes } from '../probes/testing.ts'
import { judgeBudgets } from '../verdict/objectives.ts'
import type { StatedLimit } from '../verdict/stated.ts'
import { measureArms } from './measure.ts'
import { profiles } from './profiles.ts'
import { type ExperimentInput, parseExperiment } from './spec.ts'
import { quietContext } from './testing.ts'

const arms = [
  { mesh: 'baseline', name: 'one' },
  { mesh: 'baseline', name: 'slow', env: { DELAY_MS: '5' } },
]
const names = ['requests', 'arrival'] as const
const generous: StatedLimit = { kind: 'budget', indicator: 'requestsP50Us', limit: { max: 50_000 } }

function specOf(input: Partial<ExperimentInput> & Pick<ExperimentInput, 'load'>) {
  const spec = parseExperiment(
    { arms, control: 'one', workload: 'http-echo', probes: [...names], ...input },
    profiles.smoke,
    [],
  )
  return { ...spec, unitMs: 500, deployments: 1 }
}

test('the kernel’s view of paired arms: every request, where its time went, and a limit on it', {
  timeout: 120_000,
}, async ({ cluster, skip }) => {
  await needsProbes(names, skip)
  const spec = specOf({ load: { rate: 200, connections: 4, warmUp: '500ms' }, maxDuration: '20s', design: 'paired' })
  const result = await measureArms(spec, { ...quietContext(cluster), limits: [generous] })
  expect(result.probes).toMatchObject({ names: [...names], unavailable: [] })
  for (const { probe, programMs, seconds } of result.probes?.cost ?? []) {
    expect(programMs, probe).toBeGreaterThan(0)
    expect(programMs, probe).toBeLessThan(seconds * 1000)
  }
  for (const arm of result.arms) expectKernelView(arm, names, ['client', 'app'])
  const [one, slow] = result.arms as [Arm, Arm]
  // A busy machine has none of some units.
  expect(slow.trials[0]?.kernel?.units?.length).toBeGreaterThan(8)
  const inApp = slow.trials[0]?.kernel?.split?.all.parts?.find(({ kind, at }) => kind === 'time' && at === 'app')
  expect(inApp?.us).toBeGreaterThan(4500)
  const [verdict] = judgeBudgets(slow, one, { requestsP50Us: 50_000 }, { seed: 7, unitMs: 500 })
  expect(verdict).toMatchObject({ indicator: 'requestsP50Us', outcome: 'pass' })
  expect(verdict?.measured).toBeGreaterThan(4000)
  expect(verdict?.measured).toBeLessThan(20_000)
})

test('trials have the kernel’s view as well', { timeout: 120_000 }, async ({ cluster, skip }) => {
  await needsProbes(names, skip)
  // On a busy machine the processes that there are are looked at seldom: an agent has to live for longer than that.
  const load = { rate: 100, connections: 2, warmUp: '200ms', duration: '2500ms' } as const
  const spec = { ...specOf({ load, design: 'trials' }), trials: 2 }
  const { arms: measured } = await measureArms(spec, quietContext(cluster))
  for (const { trials } of measured)
    for (const { kernel, load } of trials) {
      expect(kernel?.requests?.agent).toBe(load.requests + load.warmUpRequests)
      expect(kernel?.requests?.kernel).toBe(kernel?.requests?.agent)
      expect(kernel?.split?.all.units).toEqual([])
    }
})

test('what goes through proxies is seen at each of them', { timeout: 180_000 }, async ({ cluster, skip }) => {
  const watched = ['runqueue', 'rtt', 'retransmits', 'requests', 'arrival'] as const
  await needsProbes(watched, skip)
  const { availability } = await envoy.prepare(() => {}, local.traits)
  if (!availability.available) skip(`${availability.reason}; ${availability.remedy}`)
  const load = { rate: 100, connections: 4, warmUp: '500ms' } as const
  const spec = specOf({
    arms: ['baseline', 'envoy'],
    control: 'baseline',
    load,
    maxDuration: '8s',
    probes: [...watched],
  })
  const { arms } = await measureArms(spec, quietContext(cluster))
  expectKernelView(arms[0] as Arm, watched, ['client', 'app'])
  expectKernelView(arms[1] as Arm, watched, stations)
})
