import { expect, test } from 'vitest'
import { reason } from '../../reports/reasons.ts'
import type { RunRecord } from '../../reports/record.ts'
import { parseRecord } from '../../reports/store.ts'
import { parseBudgets } from '../budgets/file.ts'
import { againArguments, isCheckedOut, judgeWithAgain } from './again.ts'
import { decide, isEnough, runsNeeded } from './decide.ts'
import { type GateSettings, judgeRuns } from './gate.ts'
import { newerThan } from './inputs.ts'
import { madeRun, madeRuns } from './testing.ts'

const budgets = (text: string) => parseBudgets(`budgets:\n  - { ${text} }`, 'b.yaml')
const p50 = budgets('indicator: p50Ms, over: { baseline: { window: 20 } }, atMost: +5%')
const settings: GateSettings = { budgets: p50, allowed: [], windows: false }
const spread = Array.from({ length: 14 }, (_, i) => 2 + 0.01 * ((i * 5) % 14))

test('a limit is kept or broken where the whole exact interval lies on one side, by ratios within the runs', () => {
  const control = madeRuns(spread)
  const judge = (ratios: number[]) => judgeRuns({ control, candidate: madeRuns(ratios, 20) }, settings)
  const same = judge([2.05, 2.06])
  expect(same.record.run.outcome).toBe('pass')
  expect(same.record.run.gate).toEqual({
    control: control.map(({ run }) => run.id),
    candidate: ['run20', 'run21'],
    differs: [],
  })
  const [verdict] = same.verdicts
  // Two against 14: the most one-sided order is one of 120, and that is below 1 %.
  expect(verdict).toMatchObject({ kind: 'baseline', indicator: 'p50Ms', unit: '×', arm: 'envoy', over: 'baseline' })
  expect(verdict).toMatchObject({ outcome: 'pass', limit: { max: 1.05 }, confidence: 0.965 })
  expect(verdict?.interval?.[0]).toBeCloseTo(2.05 / 2.13, 2)
  expect(verdict?.interval?.[1]).toBeLessThan(2.06 / 2)
  expect(verdict?.baseline).toEqual({
    ...{ runs: 14, candidates: 2, from: '2026-01-01T00:00:00.000Z', to: '2026-01-01T00:13:00.000Z' },
  })
  expect(verdict?.noiseFloor).toBeGreaterThan(0)
  const slower = judge([2.4, 2.41])
  expect(slower.verdicts[0]?.outcome).toBe('fail')
  expect(slower.verdicts[0]?.why).toContain('p50Ms of envoy over baseline, beside earlier runs: 1.16 × [')
  expect(slower.verdicts[0]?.why).toContain('the whole interval breaks it (2 runs against 14)')
  expect(judge([2.15, 2.16]).verdicts[0]?.outcome).toBe('inconclusive')
  // A machine that is 1.5 times as slow is in no ratio.
  const slowed = [20, 21].map((nth) => madeRun(nth, 9, 9 * 2.05))
  expect(judgeRuns({ control, candidate: slowed }, settings).record.run.outcome).toBe('pass')
  // The record of a gate is a record.
  expect(parseRecord(JSON.parse(JSON.stringify(slower.record)), 'the gate')).toEqual(slower.record)
  expect(slower.record.experiments[0]?.verdicts).toEqual(slower.verdicts)
})

test('too few runs are no pass and no fail, and it is told how many would do', () => {
  const why = (control: number, candidate: number, slow = 3) => {
    const runs = { control: madeRuns(spread.slice(0, control)), candidate: madeRuns(Array(candidate).fill(slow), 20) }
    const { verdicts, record } = judgeRuns(runs, settings)
    expect(record.run.outcome).toBe('inconclusive')
    return verdicts[0]?.why
  }
  expect(why(14, 1)).toContain('too few runs to tell (1 run against 14, with 1 limit that share 1 % of false fails)')
  expect(why(14, 1)).toContain('2 candidate runs against 14, or 1 candidate run against 99 would do')
  expect(why(1, 1)).toContain('1 candidate run against 99, or 3 candidate runs against 7 would do')
  expect(why(1, 2)).toContain('2 candidate runs against 13')
  expect(why(1, 3)).toMatch(/; 3 candidate runs against 7 would do$/)
  expect(isEnough(2, 13, 1)).toBe(true)
  expect(isEnough(2, 12, 1)).toBe(false)
  expect(isEnough(3, 11, 3)).toBe(true)
  expect(runsNeeded({ control: 14, candidate: 1, limits: 3 })).toContainEqual([3, 14])
})

test('the interval is the exact one of ranks, whose error all limits share', () => {
  const control = Array.from({ length: 20 }, (_, i) => 100 + i)
  const sides = { control, candidate: [108, 109, 110, 111], relative: false, limit: { max: 5 } }
  const alone = decide({ ...sides, limits: 1 })
  const many = decide({ ...sides, limits: 20 })
  expect(alone.measured).toBe(0)
  expect(many.interval?.low).toBeLessThan(alone.interval?.low as number)
  expect(many.interval?.high).toBe(alone.interval?.high)
  expect(many.confidence).toBe(0.9745)
  expect(decide({ ...sides, candidate: [0, 1], relative: true, limits: 1 }).interval).toBeNull()
  // Better when higher: broken from below.
  const falling = decide({ ...sides, candidate: [90, 91, 92], limit: { min: -5 }, limits: 1 })
  expect(falling.outcome).toBe('fail')
})

test('the defaults are judged where no budget is, and of an arm without a control its own values', () => {
  const control = madeRuns(spread)
  const { verdicts } = judgeRuns({ control, candidate: madeRuns([2.05, 2.06, 2.07], 20) }, { ...settings, budgets: [] })
  expect(verdicts.map(({ indicator, unit, over, outcome }) => [indicator, unit, over, outcome])).toEqual([
    ['p50Ms', '×', 'baseline', 'pass'],
    ['p99Ms', '×', 'baseline', 'pass'],
    ['errorRate', '', null, 'pass'],
  ])
  const named = budgets('arm: baseline, indicator: p50Ms, over: { baseline: {} }, atMost: +5ms')
  const own = judgeRuns({ control, candidate: madeRuns([2, 2], 20) }, { ...settings, budgets: named })
  expect(own.verdicts[0]).toMatchObject({ arm: 'baseline', over: null, unit: 'ms', outcome: 'pass' })
  const windowed = budgets('indicator: p50Ms, over: { baseline: { window: 5 } }, atMost: +5%')
  const few = judgeRuns({ control, candidate: madeRuns([2], 20) }, { ...settings, budgets: windowed, windows: true })
  expect(few.verdicts[0]?.trials).toEqual({ arm: 1, over: 5 })
})

test('an arm that cannot be trusted is invalid, one that did not run inconclusive', () => {
  const candidate = madeRuns([2, 2], 20)
  for (const run of candidate)
    for (const trial of run.experiments[0]?.arms[1]?.trials ?? [])
      trial.validity = { valid: false, reasons: [reason('pod_restarted', 'a pod was restarted')] }
  const judge = () => judgeRuns({ control: madeRuns(spread), candidate }, settings).verdicts[0]
  expect(judge()).toMatchObject({ outcome: 'invalid', measured: null })
  expect(judge()?.why).toContain('no candidate run has a figure that counts: a pod was restarted')
  const named = { ...settings, budgets: budgets('arm: envoy, indicator: p50Ms, over: { baseline: {} }, atMost: +5%') }
  for (const run of candidate)
    Object.assign(run.experiments[0]?.arms[1] ?? {}, { skipped: 'no envoy here', trials: [] })
  const skipped = judgeRuns({ control: madeRuns(spread), candidate }, named).verdicts[0]
  expect(skipped).toMatchObject({ outcome: 'inconclusive' })
  expect(skipped?.why).toContain('envoy did not run: no envoy here')
})

test('runs that are not alike are refused, with every field and both values, unless it is allowed', () => {
  const control = madeRuns(spread)
  const candidate = madeRuns([2.05, 2.06], 20)
  for (const { environment, run, experiments } of candidate) {
    environment.cpuModel = 'Another CPU'
    environment.kernel = '7.0'
    environment.versions.envoy = '2.0'
    run.profile = 'thorough'
    const [experiment] = experiments
    if (!experiment) throw new Error('no experiment')
    experiment.load = { ...experiment.load, rate: 700, connections: 8 }
    experiment.arms = experiment.arms.map((arm) => ({ ...arm, settings: { tls: false } }))
  }
  const refusal = (allowed: GateSettings['allowed'] = []) => {
    try {
      return judgeRuns({ control, candidate }, { ...settings, allowed }).record.run.gate?.differs.join('\n') ?? ''
    } catch (error) {
      expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
      return (error as Error).message
    }
  }
  for (const part of [
    'hardware: cpuModel: candidate "Another CPU", control "AMD EPYC',
    'system: kernel: candidate "7.0", control "6.12"',
    'versions: version of envoy: candidate "2.0", control "1.36.2"',
    'settings: http › an mTLS sidecar adds at most 2 ms at p99: profile: candidate "thorough", control "standard"',
    ': load.rate: candidate "700", control "10"',
    ': load.connections: candidate "8", control "32"',
    ': arm envoy.tls: candidate "false", control "none"',
    '--allow-different hardware,system,versions,settings,load,arms',
  ])
    expect(refusal()).toContain(part)
  expect(refusal(['hardware', 'system', 'versions', 'settings', 'arms'])).toMatch(
    /^the runs are not alike.*\n {2}load: /,
  )
  const allowed = refusal(['hardware', 'system', 'versions', 'settings', 'load', 'arms'])
  expect(allowed).toContain('cpuModel: candidate "Another CPU"')
  expect(() => judgeRuns({ control: [], candidate }, settings)).toThrow('no control run')
  expect(() => judgeRuns({ control: candidate, candidate }, settings)).toThrow('named twice: run20, run21')
})

test('a limit is broken only after the candidate was measured again, and that is bounded', async () => {
  const control = madeRuns(spread)
  const told: string[] = []
  const judge = (first: number[], more: number[], times = 2) => {
    const next: RunRecord[] = madeRuns(more, 30)
    const again = { times, run: async () => next.shift() as RunRecord, tell: (line: string) => void told.push(line) }
    return judgeWithAgain({ control, candidate: madeRuns(first, 20) }, settings, again)
  }
  const chance = await judge([2.4, 2.41], [2.05, 2.04])
  expect(chance.record.run.outcome).toBe('inconclusive')
  expect(chance.record.run.gate?.candidate).toEqual(['run20', 'run21', 'run30'])
  expect(told).toEqual([
    expect.stringMatching(/^measuring the candidate again, 1 of at most 2: a limit is broken: p50Ms/),
  ])
  const real = await judge([2.4, 2.41], [2.42, 2.43])
  expect([real.record.run.outcome, real.record.run.gate?.candidate.length]).toEqual(['fail', 4])
  const enough = await judge([2.05], [2.06, 2.05])
  expect([enough.record.run.outcome, enough.record.run.gate?.candidate.length]).toEqual(['pass', 2])
  const unlike = madeRuns([2.05], 40)
  for (const { environment } of unlike) environment.cores = 64
  const other = { times: 2, run: async () => unlike[0] as RunRecord, tell: (line: string) => void told.push(line) }
  const before = await judgeWithAgain({ control, candidate: madeRuns([2.05], 20) }, settings, other)
  expect(before.record.run.gate?.candidate).toEqual(['run20'])
  expect(told.at(-1)).toBe(
    'run run40 is not like the others and does not count: cores: candidate "8" and "64", control "8"',
  )
  expect((await judge([2.05], [], 0)).record.run.outcome).toBe('inconclusive')
})

test('a candidate is measured again by the options of its command, and by nothing else in it', () => {
  const run = madeRun(1, 1, 2)
  const of = (command: string) => againArguments({ ...run, run: { ...run.run, command } })
  expect(
    of(
      'npm run -s meshmark -- run http --cluster kind --mesh baseline,istio:ambient --profile smoke --share-cores --seed 7',
    ),
  ).toEqual([
    'run',
    'http',
    '--cluster',
    'kind',
    '--mesh',
    'baseline,istio:ambient',
    '--profile',
    'smoke',
    '--share-cores',
  ])
  expect(of('npx meshmark run --max-duration 60s --kubeconfig /etc/x --seed 7; rm -rf /')).toEqual([
    ...['run', 'http', '--max-duration', '60s'],
  ])
  expect(of('npx meshmark run --mesh --kubeconfig --profile $(id)')).toBeNull()
  expect(of('something else')).toBeNull()
  const source = { commit: 'abc', ref: null, dirty: false }
  expect(isCheckedOut(source, source)).toBe(true)
  expect(isCheckedOut(source, { ...source, dirty: true })).toBe(false)
  expect(isCheckedOut(undefined, source)).toBe(false)
})

test('what only the candidate has not measured is no pass, where no budget asks for it either', () => {
  const defaults: GateSettings = { ...settings, budgets: [] }
  const control = madeRuns(Array.from({ length: 60 }, (_, i) => 2 + 0.001 * i))
  const candidate = madeRuns([2.01, 2.02, 2.03], 80)
  expect(judgeRuns({ control, candidate }, defaults).record.run.outcome).toBe('pass')
  const spoiled = candidate.map((record) => structuredClone(record))
  for (const { experiments } of spoiled)
    for (const { trials } of experiments[0]?.arms.slice(1) ?? [])
      for (const trial of trials)
        trial.validity = { valid: false, reasons: [reason('pod_restarted', 'a pod was restarted')] }
  const { record, verdicts } = judgeRuns({ control, candidate: spoiled }, defaults)
  expect(record.run.outcome).toBe('invalid')
  expect(verdicts.map(({ indicator, outcome }) => [indicator, outcome])).toEqual([
    ['p50Ms', 'invalid'],
    ['p99Ms', 'invalid'],
    ['errorRate', 'pass'],
  ])
})

test('a candidate of which one run is no pass by itself, or that lacks a test, is no pass', () => {
  const control = madeRuns(spread)
  const candidate = madeRuns([2.05, 2.06], 20)
  const [first, last] = candidate as [RunRecord, RunRecord]
  first.run = { ...first.run, outcome: 'invalid' }
  const { record } = judgeRuns({ control, candidate }, settings)
  expect(record.run).toMatchObject({
    outcome: 'invalid',
    gate: { reasons: ['run run20 of the candidate is by itself invalid'] },
  })
  first.run = { ...first.run, outcome: 'pass' }
  const newest = control.at(-1) as RunRecord
  const other = newest.experiments[0] as RunRecord['experiments'][number]
  newest.experiments = [other, { ...other, test: 'another' }, { ...other, suite: 'grpc', test: 'in another suite' }]
  const lacking = judgeRuns({ control, candidate: [first, last] }, settings).record.run
  expect(lacking.outcome).toBe('inconclusive')
  expect(lacking.gate?.reasons).toEqual([
    `the candidate has not measured ${other.suite} › another, which earlier runs have`,
  ])
})

test('the latest run that can be read is not the latest where a later one cannot', () => {
  const unreadable = [{ path: '20261127-100000-aaaaaa/record.json' }, { path: 'cut/record.json' }]
  expect(newerThan('20261128-090000-bbbbbb', unreadable)).toBeUndefined()
  const later = { path: '20261128-091500-cccccc/record.json' }
  expect(newerThan('20261128-090000-bbbbbb', [...unreadable, later])).toBe(later)
})
