import { expect, test } from 'vitest'
import { indicatorOf } from '../../reports/indicators.ts'
import { reason } from '../../reports/reasons.ts'
import { recordOf } from '../../reports/testing/paired.ts'
import { sampleRecord } from '../../reports/testing/record.ts'
import { pairedExperiment } from '../../reports/testing/units.ts'
import { figuresOf } from './figures.ts'
import { judgeObjectives } from './objectives.ts'

const record = () => recordOf(pairedExperiment({ units: 24, deployments: 1, addedMs: 0.4 }), 'pass')
const only = (names: string[]) => names.flatMap((name) => indicatorOf(name) ?? [])

test('an arm has its own figures, a treatment also its ratios to the control; each is the estimate of a verdict', () => {
  const run = record()
  const figures = figuresOf(run)
  const [experiment] = run.experiments
  const of = (arm: string, form: string, indicator: string) =>
    figures.find((one) => one.arm === arm && one.form === form && one.indicator === indicator)
  const [verdict] = judgeObjectives(experiment?.arms[1] as never, { p50Ms: { max: 1 } }, experiment as never)
  const own = of('envoy', 'value', 'p50Ms')
  expect(own).toMatchObject({ value: verdict?.measured, interval: verdict?.interval, unit: 'ms', over: null })
  expect(own).toMatchObject({ run: run.run.id, startedAt: run.run.startedAt, source: null, suite: 'http' })
  const ratio = of('envoy', 'ratio', 'p50Ms')
  expect(ratio).toMatchObject({ unit: '×', over: 'baseline' })
  // 0.2 ms and 0.4 ms more; noise is in both arms of a unit alike.
  expect(ratio?.value).toBeGreaterThan(2.5)
  expect(ratio?.value).toBeLessThan(3.5)
  expect(ratio?.interval?.[0]).toBeGreaterThan(2)
  expect(of('baseline', 'ratio', 'p50Ms')).toBeUndefined()
  // Nothing failed: that is a value, and no ratio of it can be.
  expect(of('envoy', 'value', 'errorRate')?.value).toBe(0)
  expect(of('envoy', 'ratio', 'errorRate')).toBeUndefined()
  expect(of('envoy', 'value', 'cpuUsPerRequest')?.value).toBeGreaterThan(0)
  expect(of('envoy', 'value', 'pushMs')).toBeUndefined()
})

test('what cannot be trusted or did not run gives no figure, and failures are counted all the same', () => {
  const run = record()
  const envoy = run.experiments[0]?.arms[1]
  const trial = envoy?.trials[0]
  if (!envoy || !trial) throw new Error('no arm')
  trial.validity = { valid: false, reasons: [reason('pod_restarted', 'a pod was restarted')] }
  const names = (arm: string) =>
    figuresOf(run)
      .filter((one) => one.arm === arm)
      .map(({ indicator }) => indicator)
  expect(names('envoy')).toEqual(['errorRate'])
  expect(names('baseline')).toContain('p99Ms')
  trial.validity.reasons.push(reason('evidence_mismatch', 'no proxy'))
  expect(names('envoy')).toEqual([])
  expect(figuresOf(sampleRecord()).some(({ arm }) => arm === 'istio')).toBe(false)
})

test('of trials the estimate is of those that count, and has no interval where they are few', () => {
  const run = sampleRecord()
  const p99 = figuresOf(run, only(['p99Ms', 'p95Ms'])).filter(({ test }) => test.startsWith('an mTLS'))
  expect(p99.map(({ arm, form, indicator }) => `${arm} ${form} ${indicator}`)).toEqual([
    ...['baseline value p99Ms', 'baseline value p95Ms'],
    ...['envoy value p99Ms', 'envoy ratio p99Ms', 'envoy value p95Ms', 'envoy ratio p95Ms'],
  ])
  expect(p99.every(({ interval }) => interval !== null)).toBe(true)
  for (const arm of run.experiments[0]?.arms ?? []) arm.trials = arm.trials.slice(0, 2)
  const few = figuresOf(run, only(['p99Ms'])).filter(({ test }) => test.startsWith('an mTLS'))
  expect(few.map(({ interval }) => interval)).toEqual([null, null, null])
})

test('runs are told apart by their machine, their load and their arms, not by their seed', () => {
  const small = recordOf(pairedExperiment({ units: 2, requests: 20 }), 'pass')
  const keys = (change: (run: ReturnType<typeof record>) => void) => {
    const run = structuredClone(small)
    change(run)
    const { environment, settings } = figuresOf(run, only(['p50Ms'])).find(({ form }) => form === 'ratio') ?? {}
    return { environment, settings }
  }
  const experiment = (run: ReturnType<typeof record>) => run.experiments[0] as NonNullable<(typeof run.experiments)[0]>
  const same = keys(() => {})
  expect(keys((run) => (experiment(run).load.seed = 8))).toEqual(same)
  expect(keys((run) => (run.environment.memoryBytes += 1000))).toEqual(same)
  expect(keys((run) => (run.environment.cpuModel = 'another'))).toMatchObject({ settings: same.settings })
  expect(keys((run) => (run.environment.cpuModel = 'another')).environment).not.toBe(same.environment)
  expect(keys((run) => (experiment(run).load.connections = 8)).settings).not.toBe(same.settings)
  for (const arm of [0, 1])
    expect(
      keys((run) => ((experiment(run).arms[arm] as { settings: object }).settings = { tls: false })).settings,
    ).not.toBe(same.settings)
})
