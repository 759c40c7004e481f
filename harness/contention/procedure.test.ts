import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { podProcesses } from '../../clusters/local/label.ts'
import { test } from '../../clusters/testing.ts'
import { indicatorOf } from '../../reports/indicators.ts'
import { trialSchema } from '../../reports/record.ts'
import { measureArms } from '../experiment/measure.ts'
import { profiles } from '../experiment/profiles.ts'
import { quietContext } from '../experiment/testing.ts'
import { contentionMissing } from './availability.ts'
import { contentionProcedure } from './procedure.ts'
import { type ContentionInput, parseContention } from './spec.ts'

const selector = 'app=http-echo'
const parse = (input: Partial<ContentionInput> = {}) => {
  const strategies = [{ selector, priority: 20, execution_time: 100_000 }]
  const load = { rate: 200, connections: 4, duration: '1500ms', warmUp: '100ms' }
  return parseContention({ strategies, competitors: 2, env: { BUSY_US: '300' }, load, ...input }, profiles.smoke)
}

/** The niceness of a process's first thread, and its CPU group. */
const placeOf = (pid: number) => ({
  nice: Number(
    readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')[16],
  ),
  group: /^\d*:(?:[^:]*\bcpu)?:(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1],
})

test('each trial is fought for, the strategy is on in its arm’s trials alone, and nothing is left', {
  timeout: 120_000,
}, async ({ cluster, ref, skip }) => {
  const missing = await contentionMissing(cluster)
  if (missing !== null) skip(missing)
  const spec = { ...parse(), trials: 1 }
  const seen: Record<string, ReturnType<typeof placeOf>[]> = {}
  const context = quietContext(cluster)
  const { arms, design } = await measureArms(
    spec,
    {
      ...context,
      onProgress({ trial, phase, arm }) {
        if (trial === 0 || phase !== 'measured') return
        const servers = podProcesses(ref.runId).filter(({ pod }) => pod === 'http-echo')
        seen[arm] = servers.map(({ pid }) => placeOf(pid))
      },
    },
    contentionProcedure(spec, missing),
  )
  expect(design).toBe('trials')
  const [control, treatment] = arms.map(({ trials }) => trials.map((trial) => trialSchema.parse(trial)))
  for (const trial of [...(control ?? []), ...(treatment ?? [])]) {
    expect(trial.load).toMatchObject({ requests: 300, errors: {} })
    expect(trial.evidence).toMatchObject({ mismatches: [] })
    expect(trial.kernel?.readings).toMatchObject([{ probe: 'runqueue', series: expect.any(Array) }])
    expect(indicatorOf('runqueueP99Us')?.of(trial)).toBeGreaterThan(0)
    expect(trial.contention?.competitorsCpuMs).toBeGreaterThan(100)
  }
  expect(control?.[0]?.contention).toMatchObject({ processes: 0, weights: 0 })
  expect(treatment?.[0]?.contention).toMatchObject({ processes: 1, weights: 1 })
  const places = (arm: string) => (seen[arm] ?? []).map(({ nice }) => nice).toSorted((a, b) => a - b)
  expect(places('no strategy')).toEqual([0, 0])
  expect(places('strategy')).toEqual([-20, 0])
  for (const { group } of Object.values(seen).flat()) expect(group).toMatch(/^\/meshmark-.*\/pod[0-9a-f]{32}$/)
  expect(podProcesses(ref.runId)).toEqual([])
})

test('where it cannot be had every arm is skipped, with the reason', async ({ cluster }) => {
  const spec = parse()
  const { arms } = await measureArms(spec, quietContext(cluster), contentionProcedure(spec, 'it takes root'))
  expect(arms).toMatchObject([
    { name: 'no strategy', skipped: 'it takes root', trials: [] },
    { name: 'strategy', skipped: 'it takes root', trials: [] },
  ])
})

test('a strategy that is about none of the pods is refused before anything is measured', {
  timeout: 120_000,
}, async ({ cluster, skip }) => {
  const missing = await contentionMissing(cluster)
  if (missing !== null) skip(missing)
  const spec = parse({
    strategies: [{ selector }, { selector: 'app=other' }, { selector, command_regex: '^nothing$' }].map((one) => ({
      ...one,
      priority: 1,
    })),
  })
  await expect(measureArms(spec, quietContext(cluster), contentionProcedure(spec, null))).rejects.toThrow(
    [
      'contention: the arm’s pod is http-echo',
      '  strategies: no pod of 1 here has these labels yet',
      '  strategies: no pod of 1 with these labels has a process that matches ^nothing$ yet',
    ].join('\n'),
  )
})
