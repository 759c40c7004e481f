import { spawnSync } from 'node:child_process'
import { build, encodeIntoCompressedBase64, type JsHistogram } from 'hdr-histogram-js'
import { describe, expect, test } from 'vitest'
import { indicators } from '../indicators.ts'
import type { Experiment, RunRecord } from '../record.ts'
import { sampleRecord } from '../testing/record.ts'
import { generator } from '../testing/trial.ts'
import { registryOf } from './exposition.ts'
import { boundsSeconds, cumulativeCounts } from './histogram.ts'
import { baseUnit, metricName } from './names.ts'

const record = sampleRecord()
const exposition = (one: RunRecord) => registryOf(one).metrics()
const samplesOf = (text: string, name: string) => text.split('\n').filter((line) => line.startsWith(`${name}{`))

test('counts at the bounds are those of the values, and one that is a bound is not above it', () => {
  const histogram = build({ bitBucketSize: 64, autoResize: true, numberOfSignificantValueDigits: 3 }) as JsHistogram
  const random = generator(3)
  const values = Array.from({ length: 20_000 }, () => Math.round(1e9 * 0.00004 * Math.exp(9 * random())))
  values.push(...boundsSeconds.map((bound) => Math.round(bound * 1e9)))
  for (const value of values) histogram.recordValue(value)
  const counts = cumulativeCounts({ histogram: encodeIntoCompressedBase64(histogram) }, boundsSeconds)
  for (const [i, bound] of boundsSeconds.entries()) {
    const surely = values.filter((value) => value <= bound * 1e9).length
    // Three digits: what lies within a thousandth above a bound may be in its bucket.
    const atMost = values.filter((value) => value <= bound * 1e9 * 1.001).length
    expect(counts[i]).toBeGreaterThanOrEqual(surely)
    expect(counts[i]).toBeLessThanOrEqual(atMost)
  }
  expect(counts.toSorted((a, b) => a - b)).toEqual(counts)
})

test('a histogram is cumulative and has the sum and the count of its arm', async () => {
  const text = await exposition(record)
  const [first] = record.experiments as [Experiment]
  const valid = first.arms[1]?.trials.filter(({ validity }) => validity.valid) ?? []
  const count = valid.reduce((sum, { load }) => sum + load.latency.count, 0)
  const own = (name: string) =>
    samplesOf(text, name).filter((line) => line.includes('arm="envoy"') && line.includes(first.test))
  expect(own('meshmark_latency_seconds_count')).toEqual([expect.stringMatching(new RegExp(`} ${count}$`))])
  const buckets = own('meshmark_latency_seconds_bucket').map((line) => Number(line.split(' ').at(-1)))
  expect(buckets).toHaveLength(boundsSeconds.length + 1)
  expect(buckets.at(-1)).toBe(count)
  const mean = Number(own('meshmark_latency_seconds_sum')[0]?.split(' ').at(-1)) / count
  const means = valid.map(({ load }) => load.latency.meanUs as number)
  expect(mean).toBeGreaterThan(Math.min(...means) / 1.01e6)
  expect(mean).toBeLessThan(Math.max(...means) / 0.99e6)
})

test('figures are in base units', async () => {
  const text = await exposition(record)
  expect(text).toMatch(/meshmark_verdict_estimate_seconds\{.*indicator="p999Ms".*\} 0\.00386\n/)
  expect(text).toMatch(/meshmark_verdict_estimate_seconds\{.*indicator="cpuUsPerRequest".*\} 0\.0000812\n/)
  expect(text).toMatch(/meshmark_verdict_interval_lower_seconds\{.*indicator="p999Ms".*\} 0\.00331\n/)
  expect(text).toMatch(/meshmark_verdict_outcome\{.*indicator="p999Ms".*outcome="fail"\} 1\n/)
  expect(text).toMatch(/meshmark_verdict_outcome\{.*indicator="p999Ms".*outcome="pass"\} 0\n/)
  expect(text).toContain('meshmark_run_outcome{outcome="fail"} 1')
  expect(text).toContain('meshmark_run_duration_seconds 171.4')
})

test.for([
  ['p99Ms', 'meshmark_latency_p99_seconds'],
  ['maxUs', 'meshmark_latency_max_seconds'],
  ['oneWayDelayP50Us', 'meshmark_one_way_delay_p50_seconds'],
  ['cpuUsPerRequest', 'meshmark_cpu_per_request_seconds'],
  ['bitsPerSecond', 'meshmark_bytes_per_second'],
  ['achievedRate', 'meshmark_achieved_requests_per_second'],
  ['errorRate', 'meshmark_error_ratio'],
  ['memoryBytes', 'meshmark_memory_bytes'],
])('%s is %s', ([name, expected]) => {
  const indicator = indicators.find((one) => one.name === name)
  expect(indicator && metricName(indicator, baseUnit(indicator.unit) as never)).toBe(expected)
})

test('every indicator has a unit that Prometheus knows, and names that are alike are one figure in two units', () => {
  expect(indicators.filter(({ unit }) => !baseUnit(unit))).toEqual([])
  const names = Map.groupBy(indicators, (one) => metricName(one, baseUnit(one.unit) as never))
  for (const [name, alike] of names)
    expect([name, new Set(alike.map((one) => one.name.replace(/(Ms|Us)$/, ''))).size]).toEqual([name, 1])
})

test('what was not measured is absent', async () => {
  const bare = structuredClone(record)
  for (const { load, resources } of bare.experiments.flatMap(({ arms }) => arms.flatMap(({ trials }) => trials))) {
    load.latency = { ...load.latency, p99Us: null, meanUs: null, histogram: '' }
    for (const usage of resources) usage.memoryBytes = null
  }
  for (const { verdicts } of bare.experiments) for (const verdict of verdicts) verdict.interval = null
  const text = await exposition(bare)
  for (const name of ['latency_p99_seconds', 'latency_seconds_count', 'memory_bytes', 'verdict_interval_lower_seconds'])
    expect([name, samplesOf(text, `meshmark_${name}`)]).toEqual([name, []])
  expect(samplesOf(text, 'meshmark_achieved_requests_per_second').length).toBeGreaterThan(0)
})

const evil = 'a "b" \\ c\n} 1\nmeshmark_run_info{run="x"} 1 é'

test('text from outside stays within its label', async () => {
  const changed = structuredClone(record)
  changed.run.id = evil
  for (const experiment of changed.experiments) experiment.test = evil
  const text = await exposition(changed)
  expect(samplesOf(text, 'meshmark_run_info')).toHaveLength(1)
  expect(text).toContain('test="a \\"b\\" \\\\ c\\n} 1\\nmeshmark_run_info{run=\\"x\\"} 1 é"')
})

test('of several limits on one figure the gravest verdict is shown, wherever it stands', async () => {
  const [first] = structuredClone(record.experiments) as [Experiment]
  const [verdict] = first.verdicts
  if (!verdict) throw new Error('no verdict')
  const alike = (outcome: typeof verdict.outcome, max: number) => ({ ...verdict, outcome, unit: 'ms', limit: { max } })
  first.verdicts = [alike('pass', 9), alike('fail', 2), alike('inconclusive', 4)]
  const text = await exposition({ ...record, experiments: [first] })
  const given = samplesOf(text, 'meshmark_verdict_outcome').filter((line) => line.endsWith(' 1'))
  expect(given).toEqual([expect.stringContaining('outcome="fail"')])
  expect(samplesOf(text, 'meshmark_verdict_limit_max_seconds')).toEqual([expect.stringMatching(/ 0\.002$/)])
})

test('experiments of one test are told apart', async () => {
  const [first] = record.experiments as [Experiment]
  const text = await exposition({ ...record, experiments: [first, first] })
  const rows = samplesOf(text, 'meshmark_latency_p99_seconds').filter((line) => line.includes('arm="envoy"'))
  expect(rows.map((row) => /experiment="(\d)"/.exec(row)?.[1])).toEqual(['1', '2'])
})

describe('promtool check metrics', () => {
  const missing = spawnSync('promtool', ['--version']).error
  test.for([
    ['a run', record],
    ['names of every kind', { ...record, experiments: record.experiments.map((one) => ({ ...one, test: evil })) }],
    ['a run of nothing', { ...record, experiments: [] }],
  ] as [string, RunRecord][])('has nothing to say: %s', async ([, one], { skip }) => {
    if (missing) return skip('no promtool: install it (apt-get install prometheus)')
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await exposition(one) })
    expect({ status, said: `${stdout}${stderr}` }).toEqual({ status: 0, said: '' })
  })
})
