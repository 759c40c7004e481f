import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { recordText } from '../../reports/formats/json.ts'
import type { Experiment, RunRecord, Source } from '../../reports/record.ts'
import { sampleRecord } from '../../reports/testing/record.ts'
import { testFolder } from '../testing-folder.ts'
import { madeValues } from '../verdict/history/testing-series.ts'
import { withCommits } from './history-commits.ts'
import { sparkline } from './sparkline.ts'
import { output } from './testing.ts'

const sample = sampleRecord()

/** A run, one a day, in which the treatment takes so many times the control's CPU a request. Nothing in it was measured. */
function runWith(times: number, day: number, source: Source | undefined = sourceOf(day)): RunRecord {
  const [experiment] = sample.experiments as [Experiment]
  const arms = experiment.arms.map((arm) => ({
    ...arm,
    trials: arm.trials.slice(0, 4).map((trial) => ({
      ...trial,
      load: { ...trial.load, latency: { ...trial.load.latency, histogram: '' } },
      resources: trial.resources
        .slice(0, 1)
        .map((usage) => ({ ...usage, cpuUsPerRequest: arm.control ? 30 : 30 * times })),
    })),
  }))
  const startedAt = new Date(Date.UTC(2026, 0, 1 + day)).toISOString()
  const run = { ...sample.run, id: `run-${day}`, startedAt, ...(source ? { source } : {}) }
  return {
    ...sample,
    environment: { ...sample.environment },
    run,
    experiments: [{ ...experiment, arms, verdicts: [] }],
  }
}

const sourceOf = (day: number): Source => ({
  commit: day.toString(16).padStart(9, '0').padEnd(40, 'c'),
  ref: 'main',
  dirty: false,
})

function storeOf(records: readonly RunRecord[]): string {
  const store = join(testFolder(), 'store')
  for (const record of records) {
    mkdirSync(join(store, record.run.id), { recursive: true })
    writeFileSync(join(store, record.run.id, 'record.json'), recordText(record))
  }
  return store
}

const values = madeValues(40, (i) => (i < 25 ? 1.4 : 1.7))

test('a change stands once below its figure, with its commits; runs elsewhere are counted', async () => {
  const records = values.map((value, day) => runWith(value, day))
  for (const record of records.slice(0, 3)) record.environment.cores = 64
  const store = storeOf(records)
  const { stdout, exitCode } = await output(['history', '--store', store, '--indicator', 'cpuUsPerRequest'])
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(
    /envoy over baseline {2}CPU per request +37 +1\.[67]\d\d × +1\.[67]\d\d × of 14 +0\.0\d\d × +– +[▁▂▃▄▅▆▇█]{32}\n/,
  )
  const [from, to] = [24, 25].map((day) => sourceOf(day).commit.slice(0, 9))
  expect(stdout).toContain('2026-01-26 00:00  worse by 21.4 % [19.9, 23.3]')
  expect(stdout).toMatch(new RegExp(`, 1\\.[34]\\d\\d × → 1\\.[67]\\d\\d × {2}${from}\\.\\.${to}\\n`))
  expect(stdout.match(/worse/g)).toHaveLength(1)
  expect(stdout).toContain('left out: 3 runs on other machines or clusters')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters.
  expect(stdout).not.toMatch(/\u001b/)
})

test('as JSON every figure of every run, and as a list the runs', async () => {
  const store = storeOf(values.slice(0, 4).map((value, day) => runWith(value, day)))
  const { stdout } = await output(['history', 'http', '--store', store, '--json'])
  const { histories } = JSON.parse(stdout)
  const found = histories.find(
    (one: { indicator: string; form: string }) => one.indicator === 'cpuUsPerRequest' && one.form === 'ratio',
  )
  expect(found).toMatchObject({
    arm: 'envoy',
    over: 'baseline',
    unit: '×',
    events: [],
    trend: null,
    baseline: { runs: 3 },
  })
  expect(found.runs.map(({ run }: { run: string }) => run)).toEqual(['run-0', 'run-1', 'run-2', 'run-3'])

  const listed = (await output(['history', '--runs', '--limit', '2', '--store', store])).stdout.split('\n')
  expect(listed[1]).toMatch(/^run-3 +2026-01-04 00:00 +fail +2 min 51 s +local +http +000000003$/)
  expect(listed.slice(2)).toEqual([expect.stringMatching(/^run-2 /), '2 runs', ''])
})

test('a page goes to the file that is named, and takes neither of the other forms', async () => {
  const store = storeOf(values.slice(0, 2).map((value, day) => runWith(value, day)))
  const file = join(store, '..', 'history.html')
  const written = await output(['history', '--store', store, '--indicator', 'cpuUsPerRequest', '--html', file])
  expect(written).toMatchObject({ exitCode: 0, stdout: `${file}\n` })
  expect(readFileSync(file, 'utf8')).toContain('No change <small>in 2 figures of 2 runs</small>')
  expect((await output(['history', '--store', store, '--html', store])).stderr).toContain(
    'cannot be written: it is a folder',
  )
  const both = await output(['history', '--html', file, '--json'])
  expect(both).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("cannot be used with option '--json'") })
})

test('an empty store says so, another suite and wrong flags are wrong use', async () => {
  const store = join(testFolder(), 'none')
  const empty = await output(['history', '--store', store])
  expect(empty).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^no runs in .*none yet: meshmark run leaves/),
  })
  const one = storeOf([runWith(1.4, 0)])
  expect(await output(['history', 'grpc', '--store', one])).toMatchObject({
    exitCode: 2,
    stderr: `meshmark: no runs of suite grpc in ${one}: it has http\n`,
  })
  const wrong = await output(['history', '--limit', 'many', '--window', '0', '--indicator', 'speed'])
  expect(wrong.exitCode).toBe(2)
  for (const flag of ['--limit: received "many"', '--window: received 0', '--indicator: received "speed"'])
    expect(wrong.stderr).toContain(flag)
})

test('a record that cannot be read is named and costs no other', async () => {
  const store = storeOf([runWith(1.4, 0)])
  mkdirSync(join(store, 'cut'))
  writeFileSync(join(store, 'cut', 'record.json'), '{')
  const { stdout, stderr } = await output(['history', '--runs', '--store', store])
  expect(stdout).toContain('1 run\n')
  expect(stderr).toMatch(/left out, cut\/record\.json: .*cut off after 1 bytes/)
})

describe('commits of a change', () => {
  const event = { index: 1, before: 1, after: 2, pValue: 0.001, better: false, isNew: false }
  const size = { of: 'unit', value: 1, interval: null } as const
  const historyOf = (from: string | null, to: string | null) => ({
    ...{ suite: 'http', test: 'a', arm: 'envoy', over: null, indicator: 'p50Ms', unit: 'ms', form: 'value' as const },
    ...{
      environment: 'e',
      runs: [],
      baseline: null,
      trend: null,
      noise: null,
      leftOut: { environment: 0, settings: 0 },
    },
    events: [{ ...event, size, commits: { from, to } }],
  })
  const logOf = async (from: string | null, to: string | null) =>
    (await withCommits([historyOf(from, to)]))[0]?.events[0]?.log

  test('are read from the repository where it has both, and from nothing else', async ({ skip }) => {
    const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim()
    const [to, ...older] = git('log', '--format=%H', '-3').split('\n')
    const from = older.at(-1)
    if (to === undefined || from === undefined) return skip('the repository here has fewer than two commits')
    expect(await logOf(from, to)).toEqual(git('log', '--oneline', '--no-decorate', `${from}..${to}`).split('\n'))
    expect(await logOf('0'.repeat(40), to)).toBeUndefined()
    expect(await logOf('--output=there', to)).toBeUndefined()
    expect(await logOf(null, to)).toBeUndefined()
    expect(await logOf(to, to)).toBeUndefined()
  })
})

test('a sparkline is as high as its values, and flat where they only scatter', () => {
  expect(sparkline([1, 2, 3, 4, 5, 6, 7, 8], 0.1, 32)).toBe('▁▂▃▄▅▆▇█')
  expect(sparkline([5, 5, 5], 0, 32)).toBe('▁▁▁')
  expect(sparkline([1.4, 1.41, 1.39, 1.4], 0.02, 32)).toMatch(/^[▄▅]+$/)
  expect(
    sparkline(
      Array.from({ length: 100 }, (_, i) => i),
      1,
      20,
    ),
  ).toHaveLength(20)
})
