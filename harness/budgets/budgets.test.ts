import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { recordOf } from '../../reports/testing/paired.ts'
import { pairedExperiment } from '../../reports/testing/units.ts'
import { testFolder } from '../testing-folder.ts'
import { judgeBudgets, judgeObjectives } from '../verdict/objectives.ts'
import { budgetWords } from './budget.ts'
import { budgetsFile, budgetsJsonSchema, parseBudgets, readBudgets } from './file.ts'
import { judgeByBudgets, limitsOfBudgets } from './judge.ts'
import { nearest } from './nearest.ts'
import { unknownSuites, unmatchedBudgets } from './unmatched.ts'
import { budgetsFor, placeOf } from './where.ts'

const parsed = (...lines: string[]) =>
  parseBudgets(`budgets:\n${lines.map((line) => `  - { ${line} }\n`).join('')}`, budgetsFile)
const messageOf = (text: string) => {
  try {
    return JSON.stringify(parseBudgets(text, 'b.yaml'))
  } catch (error) {
    return (error as Error).message
  }
}

test('a budget is an objective, or what may be worse than the control, earlier runs or the merge base', () => {
  const budgets = parsed(
    'indicator: p99Ms, max: 10',
    'suite: http, arm: envoy, indicator: p99Ms, over: control, atMost: +2ms',
    'indicator: p99Us, over: control, atMost: 2',
    'indicator: achievedRate, over: { baseline: {} }, atMost: -5%',
    'indicator: p95Ms, over: merge-base, atMost: +300µs',
    'indicator: memoryBytes, over: merge-base, atMost: +1MiB',
  )
  expect(budgets.map(({ form, relative, limit, window }) => [form, relative, limit, window])).toEqual([
    ['objective', false, { max: 10 }, null],
    ['control', false, { max: 2 }, null],
    ['control', false, { max: 2 }, null],
    ['baseline', true, { min: 0.95 }, 20],
    ['merge-base', false, { max: 0.3 }, null],
    ['merge-base', false, { max: 1048576 }, null],
  ])
  expect(budgets.map(budgetWords).slice(0, 4)).toEqual([
    'p99Ms ≤ 10 of every treatment',
    'p99Ms ≤ +2 over the control of envoy in http',
    'p99Us ≤ +2 over the control of every treatment',
    'achievedRate ≥ -5 % over the last 20 runs of every treatment',
  ])
})

test('every wrong field is named by its line, with what was received and what is allowed', () => {
  const message = messageOf(`budgets:
  - indicator: p99ms
    max: .nan
  - { indicator: p50Ms, over: contrl, atMost: 5 % }
  - { indicator: achievedRate, over: control, atMost: +5% }
  - { indicator: p50Ms, over: control, atMost: 5% }
  - { indicator: errorRate, max: 5 }
  - { indicator: p50Ms }
  - { indicatr: p50Ms, max: 3 }
  - { indicator: memoryBytes, over: control, atMost: +3ms }
  - { indicator: p50Ms, over: { baseline: { window: 1 } }, atMost: +3ms }
  - { indicator: p50Ms, over: control, atMost: +3ms, max: 4 }
`)
  for (const part of [
    'b.yaml: 12 wrong fields',
    'b.yaml:2:16: budgets.0.indicator: received "p99ms"; no such indicator; the nearest: p99Ms',
    'b.yaml:3:10: budgets.0.max: received',
    'b.yaml:4:31: budgets.1.over: received "contrl"; "control", "merge-base" or { baseline: { window: 20 } }',
    'budgets.2.atMost: received "+5%"; "-…" or 0: achievedRate is better when higher',
    'budgets.3.atMost: received "5%"',
    'budgets.4.max: received 5; a share from 0 to 1',
    'budgets.5.max: received nothing; max or min, or over with atMost',
    'budgets.6.indicatr: no such field',
    'budgets.7.atMost: received "+3ms"',
    'memoryBytes is in bytes, units: %, bytes, KiB, MiB, GiB',
    'budgets.8.over.baseline.window: received 1; at least 3',
    'budgets.9.max: received 4; none, where there is an over',
  ])
    expect(message).toContain(part)
  expect(messageOf('budgets: 3')).toContain('b.yaml:1:10: budgets: received 3; a list of budgets')
  expect(messageOf('a: [')).toContain('b.yaml is no YAML\n  b.yaml:1:')
  expect(messageOf('budgets: []\nbudgets: []')).toContain('2:1: Map keys must be unique')
  expect(messageOf('')).toContain('budgets: received nothing')
  expect(nearest('zzzzzzzzzz', ['p99Ms'])).toEqual([])
})

test('the JSON Schema takes what is right, and refuses names that are none', () => {
  const check = new Ajv2020({ strict: false }).compile(budgetsJsonSchema())
  const right = {
    indicator: 'p95Ms',
    over: { baseline: { window: 10 } },
    atMost: '+5%',
    environment: { cluster: 'kind' },
  }
  expect(check({ budgets: [right, { indicator: 'errorRate', max: 0.01 }] })).toBe(true)
  for (const wrong of [
    { indicator: 'p99' },
    { indicator: 'p99Ms', atMost: 'much' },
    { indicator: 'p99Ms', ober: 'control' },
  ])
    expect(check({ budgets: [wrong] })).toBe(false)
})

const experiment = pairedExperiment({ units: 30, deployments: 1, addedMs: 0.4 })
const record = recordOf(experiment, 'pass')
const place = placeOf(record)

test('a run judges objectives and what is over its control, as matchers do; the rest is for gates', () => {
  const budgets = parsed(
    'indicator: p50Ms, max: 0.5',
    'indicator: p50Ms, over: control, atMost: +1ms',
    'indicator: p99Ms, over: control, atMost: +5%',
    'indicator: p50Ms, over: { baseline: {} }, atMost: +5%',
    'indicator: p50Ms, over: merge-base, atMost: +5%',
    'suite: other, indicator: p50Ms, max: 0.1',
    'arm: baseline, indicator: p50Ms, max: 0.1',
    'environment: { cluster: kind }, indicator: p50Ms, max: 0.1',
  )
  const verdicts = judgeByBudgets(budgets, experiment, place)
  expect(verdicts.map(({ kind, arm, over, indicator, outcome }) => [kind, arm, over, indicator, outcome])).toEqual([
    ['objective', 'envoy', null, 'p50Ms', 'fail'],
    ['objective', 'baseline', null, 'p50Ms', 'fail'],
    ['budget', 'envoy', 'baseline', 'p50Ms', 'pass'],
    ['share', 'envoy', 'baseline', 'p99Ms', 'fail'],
  ])
  const [baseline, envoy] = experiment.arms
  if (!baseline || !envoy) throw new Error('no arms')
  expect(verdicts[0]).toEqual(judgeObjectives(envoy, { p50Ms: { max: 0.5 } }, experiment)[0])
  // It shares its error with the other one on the same side.
  const alone = judgeBudgets(envoy, baseline, { p50Ms: 1 }, experiment)[0]
  expect(verdicts[2]?.interval?.[0]).toBeLessThanOrEqual(alone?.interval?.[0] as number)
  expect(limitsOfBudgets(budgets, experiment, place)).toEqual([
    { kind: 'objective', indicator: 'p50Ms', limit: { max: 0.5 }, treatments: true },
    { kind: 'objective', indicator: 'p50Ms', limit: { max: 0.1 }, arm: 'baseline' },
    { kind: 'budget', indicator: 'p50Ms', limit: { max: 1 }, treatments: true },
    { kind: 'share', indicator: 'p99Ms', limit: { max: 1.05 }, treatments: true },
  ])
  expect(budgetsFor(budgets, 'merge-base', experiment, place)).toHaveLength(1)
})

test('a budget that was on nothing where its suite ran is told, with the nearest name', () => {
  const budgets = parsed(
    'indicator: p50Ms, max: 1',
    'suite: http, test: another, indicator: p50Ms, max: 1',
    'arm: envy, indicator: p50Ms, max: 1',
    'suite: grpc, arm: envy, indicator: p50Ms, max: 1',
    'arm: linkerd, indicator: p50Ms, max: 1',
    'environment: { cpuModel: Cray }, arm: envy, indicator: p50Ms, max: 1',
  )
  expect(unmatchedBudgets(budgets, record)).toEqual([
    'p50Ms ≤ 1 of every treatment in http › another: no test "another"; there are: an mTLS sidecar adds at most 2 ms at p99',
    'p50Ms ≤ 1 of envy: no arm "envy"; the nearest: envoy',
  ])
  expect(unknownSuites(budgets, ['http', 'grcp'])).toEqual([
    'p50Ms ≤ 1 of envy in grpc: no suite "grpc"; the nearest: grcp',
  ])
})

test('a file whose name ends in yml is told, not passed over', () => {
  const root = testFolder()
  expect(readBudgets(root)).toEqual([])
  writeFileSync(join(root, 'meshmark.budgets.yml'), 'budgets: []')
  expect(() => readBudgets(root)).toThrow('meshmark.budgets.yml is not read: it has to be called meshmark.budgets.yaml')
  writeFileSync(join(root, budgetsFile), 'budgets: []')
  expect(readBudgets(root)).toEqual([])
})
