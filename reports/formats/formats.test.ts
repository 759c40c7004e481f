import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunRecord } from '../record.ts'
import { addKernel } from '../testing/kernel.ts'
import { recordOf, sampleUnits } from '../testing/paired.ts'
import { sampleRecord } from '../testing/record.ts'
import { addChurn, addStream } from '../testing/trial.ts'
import { type FormatName, formatNames, formats } from './index.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'meshmark-formats-'))
})
afterAll(() => rm(dir, { recursive: true }))

const written = async (name: FormatName, record: RunRecord, folder: string = name) =>
  readFile(await formats[name].write(record, join(dir, folder)), 'utf8')

// Allure's own program makes its page anew: reports/allure/page.test.ts.
const ours = formatNames.filter((name) => name !== 'allure-page')

test.for(ours)('%s is written where it says, into a folder that need not exist', async (name) => {
  const path = await formats[name].write(sampleRecord(), join(dir, 'new', name))
  expect(path).toBe(join(dir, 'new', name, formats[name].file))
  expect((await readFile(path, 'utf8')).length).toBeGreaterThan(0)
})

test.for(ours)('%s is the same for the same record', async (name) => {
  expect(await written(name, sampleRecord(), 'first')).toBe(await written(name, sampleRecord(), 'second'))
})

describe('csv', () => {
  const table = (text: string) => {
    const [head = '', ...rows] = text.trimEnd().split('\n')
    const cells = (row: string) => [...row.matchAll(/(?:^|,)("(?:[^"]|"")*"|[^,]*)/g)].map(([, cell = '']) => cell)
    return { head: cells(head), rows: rows.map(cells) }
  }

  test('one row a trial in run order, every row as wide as the head', async () => {
    const record = sampleRecord()
    const { head, rows } = table(await written('csv', record))
    expect(rows).toHaveLength(24)
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([head.length]))
    const at = (name: string) => rows.slice(0, 20).map((row) => row[head.indexOf(name)])
    expect(at('trial')).toEqual(Array.from({ length: 20 }, (_, i) => String(i + 1)))
    expect(at('arm').slice(0, 4)).toEqual(['baseline', 'envoy', 'envoy', 'baseline'])
    const p99 = record.experiments[0]?.arms[0]?.trials[0]?.load.latency.p99Us
    expect(at('latencyP99Us')[0]).toBe(String(p99))
    expect(at('valid').filter((valid) => valid === 'false')).toHaveLength(1)
  })

  test('what was not measured is an empty cell', async () => {
    const { head, rows } = table(await written('csv', sampleRecord()))
    const failed = rows[20]
    for (const name of ['targetRatePerSecond', 'latencyP99Us', 'appCpuUsPerRequest', 'evidence'])
      expect([name, failed?.[head.indexOf(name)]]).toEqual([name, ''])
    expect(failed?.[head.indexOf('requests')]).toBe('0')
  })

  test('what was changed under load has its columns, empty where nothing was', async () => {
    const record = sampleRecord()
    const trial = record.experiments[0]?.arms[0]?.trials[0]
    if (trial) addChurn(trial, 104.5, { connect: 2, closed: 1 })
    const { head, rows } = table(await written('csv', record, 'churn'))
    const cells = (row: number) =>
      [
        ...['change', 'changes', 'longestAcceptMs', 'pushMs', 'keptPushMs'],
        ...['newConnectionErrors', 'newConnectionErrorKinds'],
      ].map((name) => rows[row]?.[head.indexOf(name)])
    expect(cells(0)).toEqual(['endpoint', '2', '12', '104.5', '', '3', 'connect: 2; closed: 1'])
    expect(cells(1)).toEqual(['', '', '', '', '', '', ''])
  })

  test('streams have their columns, empty where there are none', async () => {
    const record = sampleRecord()
    const trial = record.experiments[0]?.arms[0]?.trials[0]
    if (trial) addStream(trial, 1e9, 60)
    const { head, rows } = table(await written('csv', record, 'streams'))
    const cells = (row: number) =>
      ['bitsPerSecond', 'datagramsSent', 'datagramsLost', 'jitterUs', 'latencyP99Us'].map(
        (name) => rows[row]?.[head.indexOf(name)],
      )
    expect(cells(0)).toEqual(['990000000', '6000', '60', '12.5', ''])
    expect(cells(1)).toEqual(['', '', '', '', expect.stringMatching(/\d/)])
  })

  test('an experiment of units has a row a unit beside the trials, and others leave no such file', async () => {
    const experiment = sampleUnits({ arms: ['baseline', 'envoy'], units: 5, rate: 100 })
    const trials = table(await written('csv', recordOf(experiment, 'pass'), 'units'))
    const at = (name: string) => trials.rows.map((row) => row[trials.head.indexOf(name)])
    expect([at('design'), at('units')]).toEqual([
      ['paired', 'paired'],
      ['5', '5'],
    ])
    const units = table(await readFile(join(dir, 'units', 'units.csv'), 'utf8'))
    expect(units.rows).toHaveLength(10)
    expect(new Set(units.rows.map((row) => row.length))).toEqual(new Set([units.head.length]))
    const first = Object.fromEntries(units.head.map((name, i) => [name, units.rows[0]?.[i]]))
    expect(first).toMatchObject({ arm: 'baseline', unit: '0', durationMs: '1000', requests: '100', errors: '0' })
    expect(Number(first.latencyP99Us)).toBeGreaterThan(Number(first.latencyP50Us))
    expect(first.machineLatenessUs).toBe(String(experiment.machine?.[0]?.latenessUs))
    await written('csv', sampleRecord(), 'trials')
    await expect(readFile(join(dir, 'trials', 'units.csv'))).rejects.toThrow('ENOENT')
  })

  test('what the kernel saw of a unit is beside it, and its histograms have a sheet of their own', async () => {
    const experiment = addKernel(sampleUnits({ arms: ['baseline', 'envoy'], units: 5, rate: 100 }))
    const trial = experiment.arms[1]?.trials[0]
    await written('csv', recordOf(experiment, 'pass'), 'kernel')
    const units = table(await readFile(join(dir, 'kernel', 'units.csv'), 'utf8'))
    const of = (name: string) => units.rows[1]?.[units.head.indexOf(name)]
    expect(of('runqueueP99Us')).toBe(String(trial?.kernel?.units?.[0]?.values.runqueueP99Us))
    expect(of('rttP50Us')).toBe('')
    const kernel = table(await readFile(join(dir, 'kernel', 'kernel.csv'), 'utf8'))
    expect(new Set(kernel.rows.map((row) => row.length))).toEqual(new Set([kernel.head.length]))
    const rows = kernel.rows.map((row) => Object.fromEntries(kernel.head.map((name, i) => [name, row[i]])))
    const mine = rows.filter(({ arm, probe, station }) => arm === 'envoy' && probe === 'runqueue' && station === 'app')
    const series = trial?.kernel?.readings[0]?.series?.find(({ at }) => at === 'app')
    expect(mine.map(({ fromUs, upToUs, events }) => [fromUs, upToUs, events].map(Number))).toEqual(series?.buckets)
    expect(mine[0]).toMatchObject({ trial: '1', valid: 'true', pod: 'http-echo', container: 'app', kind: 'runqueue' })
    const counted = rows.filter(
      ({ probe, station, arm }) => probe === 'retransmits' && station === 'app' && arm === 'envoy',
    )
    expect(counted.map(({ kind, fromUs, upToUs, events }) => [kind, fromUs, upToUs, events])).toEqual([
      ['write', '', '', '500'],
    ])
    await written('csv', sampleRecord(), 'no-kernel')
    await expect(readFile(join(dir, 'no-kernel', 'kernel.csv'))).rejects.toThrow('ENOENT')
  })

  test('a spreadsheet does not run what a text cell says', async () => {
    const record = sampleRecord()
    const experiment = record.experiments[0]
    if (experiment) experiment.test = '=HYPERLINK("http://example.org","x")'
    expect(await written('csv', record)).toContain(`"'=HYPERLINK(""http://example.org"",""x"")"`)
  })
})

describe('allure', () => {
  test('one sample for each measured indicator of an arm, and one for each budget', async () => {
    const samples: { id: string; key: string; value: number; start: number; stop: number; better: string }[] =
      JSON.parse(await written('allure', sampleRecord()))
    expect(new Set(samples.map(({ key }) => key)).size).toBe(samples.length)
    for (const sample of samples) {
      expect(Object.keys(sample).toSorted()).toEqual(
        ['better', 'group', 'id', 'key', 'start', 'stop', 'title', 'unit', 'value'].toSorted(),
      )
      expect(sample.value).toEqual(expect.any(Number))
      expect(sample.stop).toBeGreaterThan(sample.start)
    }
    const prefix = 'http.an-mTLS-sidecar-adds-at-most-2-ms-at-p99'
    expect(samples.find(({ key }) => key === `${prefix}.envoy.over.baseline.p99Ms`)).toMatchObject({
      value: 1.46,
      unit: 'ms',
      better: 'lower',
    })
    expect(samples.find(({ key }) => key === `${prefix}.envoy.achievedRate`)).toMatchObject({ better: 'higher' })
    expect(samples.filter(({ key }) => key.includes('runqueue'))).toEqual([])
    // No trial of this arm could be trusted: no number, rather than a zero.
    expect(samples.filter(({ key }) => key.includes('new-connection') && key.includes('envoy'))).toEqual([])
  })

  test('what the kernel saw is a sample like any other indicator', async () => {
    const experiment = addKernel(sampleUnits({ arms: ['baseline', 'envoy'], units: 5, rate: 100 }))
    const text = await written('allure', recordOf(experiment, 'pass'), 'kernel')
    const samples: { key: string; value: number; unit: string; title: string }[] = JSON.parse(text)
    const mine = samples.filter(({ key }) => key.includes('.envoy.'))
    expect(mine.find(({ key }) => key.endsWith('.runqueueP99Us'))).toMatchObject({
      ...{ unit: 'µs', title: 'envoy: run queue p99', value: expect.any(Number) },
    })
    expect(mine.find(({ key }) => key.endsWith('.retransmitRate'))?.value).toBe(0)
  })
})
