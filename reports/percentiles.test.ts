import { expect, test } from 'vitest'
import { decodeHistogram } from './histogram.ts'
import { indicatorNames, indicatorOf, indicators } from './indicators.ts'
import { percentileOf } from './percentiles.ts'
import type { Experiment, Trial } from './record.ts'
import { sampleRecord } from './testing/record.ts'
import { addStream } from './testing/trial.ts'

const [openLoop] = sampleRecord().experiments as [Experiment]
const firstTrial = () => structuredClone(openLoop.arms[0]?.trials[0] as Trial)

test.for([
  ['p75Ms', 75, 'ms', 'p75'],
  ['p999Us', 99.9, 'µs', 'p99.9'],
  ['p9999Us', 99.99, 'µs', 'p99.99'],
  ['p99999Ms', 99.999, 'ms', 'p99.999'],
  ['p05Ms', 5, 'ms', 'p5'],
  ['firstMessageP75Ms', 75, 'ms', 'first-message p75'],
  ['oneWayDelayP999Us', 99.9, 'µs', 'one-way delay p99.9'],
] as const)('%s is the %d. percentile in %s', ([name, percent, unit, title]) => {
  expect(percentileOf(name)).toMatchObject({ percent, unit, title })
  expect(indicatorOf(name)).toMatchObject({ name, percent, unit, title, better: 'lower' })
})

const refused = [
  ...['p0Ms', 'p00Ms', 'p5Ms', 'p100Ms', 'p990Ms', 'p99.99Ms', 'p999999Ms', 'pNNMs', 'p99', 'p99ms', 'P99Ms'],
  ...['firstMessagep99Ms', 'serviceTimeP99Ms', 'p99Ms ', 'p-1Ms', 'constructor', ''],
]
test.for(refused)('%j is no percentile and no indicator', (name) => {
  expect(percentileOf(name)).toBeNull()
  expect(indicatorOf(name)).toBeUndefined()
})

test('what there is instead is named, percentiles as a pattern', () => {
  expect(indicatorNames()).toMatch(/errorRate.*any percentile from p01 to p99999.*p9999Us is p99\.99/)
})

test('the figures of the record are read as they are, others from its payload', () => {
  const trial = firstTrial()
  const { latency } = trial.load
  const payload = decodeHistogram(latency.histogram)
  expect(indicatorOf('p75Ms')?.of(trial)).toBe(payload.getValueAtPercentile(75) / 1e3 / 1e3)
  expect(indicatorOf('p9999Us')?.of(trial)).toBe(payload.getValueAtPercentile(99.99) / 1e3)
  latency.p99Us = 123.456
  expect(indicatorOf('p99Us')?.of(trial)).toBe(123.456)
  expect(indicatorOf('p99Ms')?.of(trial)).toBe(0.123456)
})

test('percentiles grow with their number and stay within the maximum', () => {
  const trial = firstTrial()
  const values = ['p25Us', 'p50Us', 'p75Us', 'p95Us', 'p99Us', 'p995Us', 'p9999Us', 'maxUs'].map(
    (name) => indicatorOf(name)?.of(trial) as number,
  )
  expect(values).toEqual(values.toSorted((a, b) => a - b))
})

test('first messages and one-way delays have percentiles where the load has them', () => {
  const trial = firstTrial()
  expect(indicatorOf('firstMessageP75Ms')?.of(trial)).toBeNull()
  expect(indicatorOf('oneWayDelayP75Us')?.of(trial)).toBeNull()
  trial.load.firstMessage = trial.load.latency
  expect(indicatorOf('firstMessageP75Ms')?.of(trial)).toBe(indicatorOf('p75Ms')?.of(trial))
  addStream(trial, 1e9)
  expect(indicatorOf('oneWayDelayP75Us')?.of(trial)).toBeGreaterThan(0)
})

test('without values or without a payload there is no percentile, rather than a zero', () => {
  const trial = firstTrial()
  trial.load.latency.histogram = ''
  expect(indicatorOf('p75Ms')?.of(trial)).toBeNull()
  expect(indicatorOf('p99Ms')?.of(trial)).toBeGreaterThan(0)
  trial.load.latency = { ...firstTrial().load.latency, count: 0, p99Us: null }
  expect(['p75Ms', 'p99Ms'].map((name) => indicatorOf(name)?.of(trial))).toEqual([null, null])
})

test('a payload that cannot be read names its trial', () => {
  const trial = firstTrial()
  trial.load.latency.histogram = 'HISTFAAAAnonsense'
  expect(() => indicatorOf('p75Ms')?.of(trial)).toThrow(
    expect.objectContaining({
      code: 'RECORD_INVALID',
      message: 'the latency histogram of trial 1 of baseline cannot be read',
    }),
  )
})

test('send lag touches what counts from the intended start, and nothing else', () => {
  const touched = indicators.filter(({ sendLag }) => sendLag).map(({ name }) => name)
  const ofLatency = /^(?:mean|max|p\d+)(?:Ms|Us)$|^firstMessage/
  expect(touched).toEqual(indicators.map(({ name }) => name).filter((name) => ofLatency.test(name)))
})
