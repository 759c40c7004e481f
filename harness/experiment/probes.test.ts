import { expect } from 'vitest'
import { test } from '../../clusters/testing.ts'
import { probes } from '../../ebpf/probes/index.ts'
import type { Arm } from '../../reports/record.ts'
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

async function needsProbes(skip: (why: string) => never): Promise<void> {
  for (const name of names) {
    const here = await probes[name].available()
    if (!here.available) skip(`${here.reason}; ${here.remedy}`)
  }
}

test('the kernel’s view of paired arms: every request, where its time went, and a limit on it', {
  timeout: 120_000,
}, async ({ cluster, skip }) => {
  await needsProbes(skip)
  const spec = specOf({ load: { rate: 200, connections: 4, warmUp: '500ms' }, maxDuration: '20s', design: 'paired' })
  const result = await measureArms(spec, { ...quietContext(cluster), limits: [generous] })
  expect(result.probes).toMatchObject({ names: [...names], unavailable: [] })
  for (const { probe, programMs, seconds } of result.probes?.cost ?? []) {
    expect(programMs, probe).toBeGreaterThan(0)
    expect(programMs, probe).toBeLessThan(seconds * 1000)
  }
  for (const { name, trials } of result.arms) {
    const [{ kernel, load } = {}] = trials
    expect(kernel?.requests?.agent, name).toBeGreaterThan(load?.requests ?? 0)
    const { kernel: seen = 0, agent = 0 } = kernel?.requests ?? {}
    expect(Math.abs(seen - agent) / agent, name).toBeLessThan(0.01)
    expect(kernel?.readings.map(({ probe, reason }) => [probe, reason])).toEqual(names.map((probe) => [probe, null]))
    for (const { unattributedShare } of kernel?.readings ?? []) expect(unattributedShare).toBeLessThan(0.01)
    // A busy machine has none of some units.
    expect(kernel?.units?.length).toBeGreaterThan(8)
    const { parts, unattributedUs, serviceTimeUs, reason } = kernel?.split?.all ?? {}
    expect(reason, name).toBeNull()
    expect(parts?.map(({ kind, at }) => `${kind} ${at}`)).toEqual([
      ...['queueing client', 'network client', 'queueing app', 'time app'],
    ])
    expect(Math.abs(unattributedUs ?? 0) / (serviceTimeUs ?? 0), name).toBeLessThan(0.1)
    const inApp = parts?.find(({ kind, at }) => kind === 'time' && at === 'app')?.us ?? 0
    if (name === 'slow') expect(inApp).toBeGreaterThan(4500)
  }
  const [one, slow] = result.arms as [Arm, Arm]
  const [verdict] = judgeBudgets(slow, one, { requestsP50Us: 50_000 }, { seed: 7, unitMs: 500 })
  expect(verdict).toMatchObject({ indicator: 'requestsP50Us', outcome: 'pass' })
  expect(verdict?.measured).toBeGreaterThan(4000)
  expect(verdict?.measured).toBeLessThan(20_000)
})

test('trials have the kernel’s view as well', { timeout: 120_000 }, async ({ cluster, skip }) => {
  await needsProbes(skip)
  const load = { rate: 100, connections: 2, warmUp: '200ms', duration: '500ms' } as const
  const spec = { ...specOf({ load, design: 'trials' }), trials: 2 }
  const { arms: measured } = await measureArms(spec, quietContext(cluster))
  for (const { trials } of measured)
    for (const { kernel, load } of trials) {
      expect(kernel?.requests?.agent).toBe(load.requests + load.warmUpRequests)
      expect(kernel?.requests?.kernel).toBe(kernel?.requests?.agent)
      expect(kernel?.split?.all.units).toEqual([])
    }
})
