import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { providers } from '../../clusters/providers/index.ts'
import { recordSchema } from '../../reports/record.ts'
import { connectCluster, runSettings } from './context.ts'
import { conductExperiment, type Measurements } from './experiment.ts'
import { openRun } from './open.ts'
import { parseOptions } from './options.ts'
import { planExperiment } from './plan.ts'
import type { RunProgress } from './progress.ts'
import { imagesOf } from './provision.ts'
import { assembleRecord } from './record.ts'

const root = mkdtempSync(join(tmpdir(), 'run-test-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const options = { cluster: 'local', mesh: ['baseline'], profile: 'smoke', seed: 7 }
const settings = (more: object = {}) => runSettings(parseOptions({ ...options, ...more }, undefined), root)

test('a run goes from its options to its record without a test runner, and nothing is left of it', {
  timeout: 60_000,
}, async () => {
  const lines: string[] = []
  const progress: RunProgress[] = []
  const steps: string[] = []
  const { context, close } = await openRun(settings(), { report: (line) => lines.push(line) })
  expect(lines).toContain('cluster: local (asked for)')
  const measurements: Measurements = { experiments: [], versions: {} }
  const { workDir } = context.cluster.ref
  try {
    await using cluster = await connectCluster(context)
    const load = { rate: 200, connections: 2, duration: '300ms', warmUp: '100ms' }
    const planned = planExperiment(context, { workload: 'http-echo', design: 'trials', load })
    const experiment = await conductExperiment(
      { ...planned, spec: { ...planned.spec, trials: 2 } },
      {
        ...{ run: context, cluster, name: { suite: 'api', test: 'one' }, measurements },
        report: (one) => progress.push(one),
        step: (name, body) => {
          steps.push(name)
          return body()
        },
      },
    )
    expect(measurements.experiments).toEqual([experiment])
    expect(experiment.arms.map(({ name, trials }) => [name, trials.length])).toEqual([['baseline', 2]])
  } finally {
    await close()
  }
  expect(steps).toEqual(['install', 'deploy', 'condition: baseline', 'trial 1: baseline', 'trial 2: baseline'])
  expect(progress.some((one) => one.type === 'trial' && one.progress.trial === 2)).toBe(true)
  expect(existsSync(workDir)).toBe(false)

  const record = recordSchema.parse(JSON.parse(JSON.stringify(assembleRecord(context, measurements))))
  expect(record.run).toMatchObject({
    ...{ id: context.id, seed: 7, profile: 'smoke', meshes: ['baseline'], outcome: 'pass' },
    cluster: { provider: 'local', reason: 'asked for' },
    command: 'npm run -s meshmark -- run --cluster local --mesh baseline --profile smoke --seed 7',
  })
  expect(record.run.measuringMs).toBeGreaterThan(500)
  expect(record.environment.versions).toMatchObject({ node: process.versions.node, meshmark: expect.any(String) })
})

test('an experiment that fails is recorded, and is what the error says', { timeout: 60_000 }, async () => {
  const { context, close } = await openRun(settings(), { report: () => {} })
  const measurements: Measurements = { experiments: [], versions: {} }
  try {
    await using cluster = await connectCluster(context)
    const planned = planExperiment(context, { workload: 'http-echo', load: { rate: 10 } })
    const failed = conductExperiment(planned, {
      ...{ run: context, cluster, name: { suite: 'api', test: 'one' }, measurements, report: () => {} },
      step: async () => {
        throw new Error('not today')
      },
    })
    await expect(failed).rejects.toThrow('not today')
  } finally {
    await close()
  }
  expect(measurements.experiments).toMatchObject([{ suite: 'api', test: 'one', arms: [], verdicts: [] }])
})

test('a run that names two pod networks is refused before anything starts', async () => {
  const mesh = ['baseline', 'cilium:native', 'cilium:kube-proxy-free']
  const refused = settings({ mesh })
  const lines: string[] = []
  const opening = openRun(refused, { report: (line) => lines.push(line) })
  await expect(opening).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message:
      'a cluster has one pod network, and this run names 2: cilium:native, cilium:kube-proxy-free; make a run for each',
  })
  expect(lines).toEqual([])
  expect(existsSync(refused.out)).toBe(false)
})

test('what the meshes of a run are made of is known before its cluster is made, where nodes take it', () => {
  const { options: asked } = settings({ mesh: ['baseline', 'envoy', 'istio', 'consul'] })
  const images = imagesOf(asked, providers.kind.traits)
  expect(images).toEqual([
    expect.stringMatching(/^meshmark\/envoy:/),
    expect.stringMatching(/^istio\/pilot:/),
    expect.stringMatching(/^istio\/proxyv2:/),
    expect.stringMatching(/^meshmark\/consul:/),
  ])
  expect(imagesOf(asked, providers.local.traits)).toEqual([])
})

test('a run is repeated with what was asked of all of its experiments', () => {
  const asked = settings({ design: 'slices', maxDuration: '90s', shareCores: true })
  const cluster = { ref: { provider: 'local' }, reason: 'asked for' } as never
  const context = { ...asked, startedAt: new Date().toISOString(), seed: 7, cluster, source: null }
  expect(assembleRecord(context, { experiments: [], versions: {} }).run.command).toMatch(
    / --profile smoke --design slices --max-duration 90s --share-cores --seed 7$/,
  )
})

test('an experiment takes the profile and the meshes of its run', () => {
  const run = settings({ mesh: ['baseline', 'envoy'], profile: 'thorough' })
  const { spec, procedure } = planExperiment(run, { workload: 'http-echo', load: {} })
  expect(spec).toMatchObject({ control: 'baseline', design: 'slices', maxDurationMs: 600_000, deployments: 8 })
  expect(spec.arms.map(({ name }) => name)).toEqual(['baseline', 'envoy'])
  expect(procedure).toBeUndefined()
  expect(() => planExperiment(run, { workload: 'http-ehco' } as never)).toThrow(/wrong field/)
})
