import { expect, test } from 'vitest'
import { judgementsOf } from './judgements.ts'
import { sampleRecord as madeRecord } from './testing/record.ts'

const made = madeRecord()
const sampleRecord = () => structuredClone(made)

test('a verdict is a line, and what no verdict says is one too', () => {
  const all = judgementsOf(sampleRecord())
  expect(all.map(({ status }) => status)).toEqual([
    ...['pass', 'pass', 'pass', 'fail', 'inconclusive'],
    ...['invalid', 'skipped'],
  ])
  expect(all[3]).toMatchObject({ suite: 'http', name: 'p99.9 of envoy over baseline ≤ 3 ms', file: null })
  expect(all[6]).toMatchObject({ name: 'the test itself', why: expect.stringContaining('needs a Kubernetes cluster') })
})

test('its name says what was asked, whatever was measured', () => {
  const [before, after] = [sampleRecord(), sampleRecord()]
  for (const { verdicts } of after.experiments)
    for (const verdict of verdicts) Object.assign(verdict, { measured: 77, interval: [70, 80], outcome: 'fail' })
  const names = (record: typeof before) => judgementsOf(record).map(({ name }) => name)
  expect(names(after)).toEqual(names(before))
})

test('a test that failed beside its verdicts is no pass, with a message or without', () => {
  for (const message of ['boom', null]) {
    const record = sampleRecord()
    const [experiment] = record.experiments
    Object.assign(record, { experiments: [experiment] })
    record.run.outcome = 'invalid'
    Object.assign(experiment ?? {}, { verdicts: experiment?.verdicts.slice(0, 1), status: 'failed', message })
    expect(judgementsOf(record).map(({ status }) => status)).toEqual(['pass', 'invalid'])
  }
})

test('a run that ended worse than its experiments says so', () => {
  const record = sampleRecord()
  record.experiments = record.experiments.slice(0, 1)
  for (const experiment of record.experiments) {
    experiment.status = 'passed'
    experiment.verdicts = experiment.verdicts.slice(0, 1)
  }
  for (const outcome of ['invalid', 'inconclusive', 'fail'] as const) {
    record.run.outcome = outcome
    expect(judgementsOf(record).at(-1)).toMatchObject({ name: 'the run itself', status: outcome })
  }
  record.run.outcome = 'pass'
  expect(judgementsOf(record)).toHaveLength(1)
})
