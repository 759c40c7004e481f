import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { allure } from '../formats/allure.ts'
import type { Experiment, Outcome, RunRecord, Verdict } from '../record.ts'
import { sampleRecord } from '../testing/record.ts'
import { allureConfig } from './config.ts'
import { resultsFolder } from './places.ts'
import { recordedResults } from './result.ts'
import { samplesOf } from './samples.ts'
import { allureStatus } from './status.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'meshmark-allure-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
})

const sample = sampleRecord()
const [experiment] = sample.experiments as [Experiment]
const recordOf = (one: Experiment, outcome: Outcome): RunRecord => ({
  ...{ ...sample, run: { ...sample.run, outcome }, experiments: [one] },
})
const judged = (...outcomes: Outcome[]): Experiment => ({
  ...experiment,
  status: outcomes.every((outcome) => outcome === 'pass') ? 'passed' : 'failed',
  verdicts: outcomes.map((outcome) => ({
    ...(experiment.verdicts[0] as Verdict),
    outcome,
    why: `because of ${outcome}`,
  })),
})

const resultFiles = () => readdirSync(join(dir, resultsFolder)).filter((file) => file.endsWith('-result.json'))
const onlyResult = (): Record<string, unknown> =>
  JSON.parse(readFileSync(join(dir, resultsFolder, resultFiles()[0] as string), 'utf8'))

describe('status', () => {
  test.for([
    [judged('pass', 'pass'), 'passed'],
    [judged('pass', 'fail', 'invalid', 'inconclusive'), 'failed'],
    [judged('pass', 'invalid', 'inconclusive'), 'broken'],
    [judged('pass', 'inconclusive'), 'unknown'],
    [{ ...judged('pass'), status: 'failed' }, 'broken'],
    [{ ...judged('pass'), status: 'skipped' }, 'skipped'],
    [{ ...judged('fail'), status: 'skipped' }, 'failed'],
    [{ ...judged(), status: 'passed' }, 'passed'],
  ] as [Experiment, string][])('%#: %s', ([one, status]) => {
    expect(allureStatus([one])).toBe(status)
  })

  test('a test is as its gravest experiment', () => {
    expect(allureStatus([judged('pass'), judged('inconclusive'), judged('invalid')])).toBe('broken')
  })
})

test('a result has the sentences of its verdicts, the gravest first, and a passed one no message', async () => {
  await allure.write(recordOf(judged('pass', 'inconclusive', 'fail'), 'fail'), dir)
  expect(resultFiles()).toHaveLength(1)
  expect(onlyResult()).toMatchObject({
    name: experiment.test,
    status: 'failed',
    statusDetails: { message: 'fail: because of fail\ninconclusive: because of inconclusive' },
    description: expect.stringContaining('- pass: because of pass\n'),
  })
  expect(recordedResults(recordOf(judged('pass'), 'pass'))[0]?.statusDetails).toEqual({})
})

test('its charts are files beside it, which are there', async () => {
  await allure.write(sample, dir)
  const results = resultFiles().map((file) => JSON.parse(readFileSync(join(dir, resultsFolder, file), 'utf8')))
  const all: { name: string; source: string }[] = results.flatMap(({ attachments }) => attachments)
  const sources = all.map(({ source }) => source)
  expect(all.map(({ name }) => name)).toContain('p99 of each trial, in run order')
  expect(sources.length).toBeGreaterThan(4)
  expect(readdirSync(join(dir, resultsFolder))).toEqual(expect.arrayContaining(sources))
})

test('written again it keeps what a record does not know, and nothing that it does', async () => {
  const record = recordOf(judged('inconclusive'), 'inconclusive')
  await allure.write(record, dir)
  const path = join(dir, resultsFolder, resultFiles()[0] as string)
  const own = { name: 'log', source: 'abc-attachment.txt', type: 'text/plain' }
  const run = {
    ...onlyResult(),
    status: 'failed',
    steps: [{ name: 'warm up' }],
    statusDetails: { message: 'x', trace: 'y' },
  }
  writeFileSync(path, JSON.stringify({ ...run, attachments: [own], parameters: [{ name: 'mine', value: '1' }] }))
  await allure.write(record, dir)
  await allure.write(record, dir)
  const again = onlyResult()
  expect(again).toMatchObject({
    status: 'unknown',
    steps: [{ name: 'warm up' }],
    statusDetails: { message: 'inconclusive: because of inconclusive', trace: 'y' },
  })
  expect(again.attachments).toContainEqual(own)
  expect(
    (again.parameters as { name: string }[]).filter(({ name }) => name === 'mine' || name === 'rate'),
  ).toHaveLength(2)
  writeFileSync(path, JSON.stringify(run).slice(0, 50))
  await allure.write(record, dir)
  expect(onlyResult()).toMatchObject({ status: 'unknown', steps: [] })
})

test('a test is the same one in every run of its configuration, and another at another rate', () => {
  const identity = (change: (record: RunRecord) => void) => {
    const record = recordOf(structuredClone(judged('pass')), 'pass')
    change(record)
    const [result] = recordedResults(record)
    return { uuid: result?.uuid, historyId: result?.historyId }
  }
  const first = identity(() => {})
  const second = identity(({ run }) => Object.assign(run, { id: 'other1', seed: 8 }))
  expect(second.historyId).toBe(first.historyId)
  expect(second.uuid).not.toBe(first.uuid)
  const faster = identity(({ experiments }) => Object.assign((experiments[0] as Experiment).load, { rate: 2000 }))
  expect(faster.historyId).not.toBe(first.historyId)
})

test('text from outside is text in a description', () => {
  const evil = judged('pass')
  ;(evil.verdicts[0] as Verdict).why = '<img src=x onerror=alert(1)> [a](javascript:b) `c`\n# d'
  const [{ description } = { description: '' }] = recordedResults(recordOf(evil, 'pass'))
  expect(description).toBe(
    '- pass: because \\<img'.replace('because ', '') +
      String.raw` src=x onerror=alert(1)\> \[a\](javascript:b) \`c\` \# d`,
  )
})

describe('the quality gate', () => {
  const rules = (verdict: Partial<Verdict>) => {
    const one = { ...judged('pass'), verdicts: [{ ...(experiment.verdicts[0] as Verdict), ...verdict }] }
    const { qualityGate } = allureConfig(recordOf(one, 'pass'), dir)
    return { rules: qualityGate.rules.slice(3), keys: new Set(samplesOf(recordOf(one, 'pass')).map(({ key }) => key)) }
  }

  test('a limit is a rule on the estimate that was judged', () => {
    const { rules: made, keys } = rules({ limit: { max: 10, min: 1 } })
    expect(made).toMatchObject([{ metricMax: { value: 10 } }, { metricMin: { value: 1 } }])
    for (const { metricMax, metricMin } of made) expect(keys).toContain((metricMax ?? metricMin)?.key)
  })

  test('a limit on what changed since a baseline is one on what is new since the last run, too', () => {
    const about = { kind: 'baseline', over: null, indicator: 'p99Ms' } as const
    const ratio = rules({ ...about, unit: '×', limit: { max: 1.05 } })
    expect(ratio.rules).toMatchObject([{ metricMax: { value: 1.05 } }, { metricMaxDeltaPercent: { value: 5 } }])
    expect(ratio.keys).toContain(ratio.rules[1]?.metricMaxDeltaPercent?.key)
    expect(rules({ ...about, unit: 'ms', limit: { max: 0.5 } }).rules[1]).toMatchObject({
      metricMaxDelta: { value: 0.5 },
    })
    const rate = { kind: 'baseline', over: null, indicator: 'achievedRate', unit: '×', limit: { min: 0.9 } } as const
    expect(rules(rate).rules).toMatchObject([{ metricMin: { value: 0.9 } }, { metricMaxDeltaPercent: { value: 10 } }])
  })

  test('what was not given is counted, and two experiments of a test have figures of their own', () => {
    const record = recordOf(judged('pass', 'inconclusive', 'invalid', 'invalid'), 'invalid')
    record.experiments.push(judged('pass'))
    const samples = samplesOf(record)
    expect(samples.slice(-2)).toMatchObject([
      { key: 'meshmark.inconclusive', value: 1 },
      { key: 'meshmark.invalid', value: 2 },
    ])
    const own = samples.filter(({ title }) => title === 'envoy: p99')
    expect(new Set(own.map(({ key }) => key)).size).toBe(2)
  })
})
