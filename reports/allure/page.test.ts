import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allure } from '../formats/allure.ts'
import { allurePage } from '../formats/allure-page.ts'
import type { Experiment, Outcome, RunRecord, Verdict } from '../record.ts'
import { sampleRecord } from '../testing/record.ts'
import { allureProgram } from './page.ts'

const sample = sampleRecord()
let store: string
beforeAll(() => {
  store = mkdtempSync(join(tmpdir(), 'meshmark-allure-page-'))
})
afterAll(() => rmSync(store, { recursive: true }))

/** A run of one verdict on a limit of 2 ms, and the folder of it. */
function runOf(id: string, outcome: Outcome, measured: number | null): { record: RunRecord; dir: string } {
  const [experiment] = sample.experiments as [Experiment]
  const verdict = { ...(experiment.verdicts[2] as Verdict), outcome, measured, why: `it is ${outcome}` }
  const status = outcome === 'pass' ? ('passed' as const) : ('failed' as const)
  const run = { ...sample.run, id, outcome }
  return {
    record: { ...sample, run, experiments: [{ ...experiment, status, verdicts: [verdict] }] },
    dir: join(store, id),
  }
}

test.for([
  ['pass', 1.4, 0, /^$/],
  ['fail', 2.6, 1, /envoy adds to baseline: p99.*2\.6 ms.*exceeds.*2 ms/s],
  // Its estimate keeps the limit, and a gate that looks at nothing else would let it through.
  ['inconclusive', 1.9, 1, /inconclusive verdicts.*1.*exceeds.*0/s],
  ['invalid', null, 1, /invalid verdicts.*n\/a/s],
] as [Outcome, number | null, number, RegExp][])(
  "Allure's own gate, called in the folder of the run: %s",
  { timeout: 60_000 },
  async ([outcome, measured, code, says]) => {
    const { record, dir } = runOf(`gate-${outcome}`, outcome, measured)
    await allure.write(record, dir)
    const cli = await allureProgram()
    const { exitCode, stderr } = await execa(process.execPath, [cli, 'quality-gate'], { cwd: dir, reject: false })
    expect({ exitCode, stderr }).toEqual({ exitCode: code, stderr: expect.stringMatching(says) })
  },
)

test('the page is one file that asks nobody, and history goes on over runs', { timeout: 120_000 }, async () => {
  const first = runOf('run1', 'inconclusive', 1.9)
  const second = runOf('run2', 'pass', 1.4)
  const page = await allurePage.write(first.record, first.dir)
  await allurePage.write(first.record, first.dir)
  await allurePage.write(second.record, second.dir)
  const html = readFileSync(page, 'utf8')
  expect(html).not.toMatch(/src="https?:/)
  expect(html.indexOf('allureReportData = {}')).toBeLessThan(html.indexOf('src="data:text/javascript'))
  expect(readdirSync(first.dir).filter((file) => file.startsWith('allure-report'))).toEqual(['allure-report'])

  const history = readFileSync(join(store, 'allure-history.jsonl'), 'utf8').trimEnd().split('\n')
  const points: { name: string; testResults: Record<string, { status: string }>; metrics: Record<string, number> }[] =
    history.map((line) => JSON.parse(line))
  expect(points.map(({ name }) => name).sort()).toEqual(['meshmark run1', 'meshmark run2'])
  const [one, other] = points.toSorted((a, b) => a.name.localeCompare(b.name))
  expect(Object.values(one?.testResults ?? {}).map(({ status }) => status)).toEqual(['unknown'])
  // Allure knows the test again.
  expect(Object.keys(other?.testResults ?? {})).toEqual(Object.keys(one?.testResults ?? {}))
  expect(Object.keys(other?.metrics ?? {})).toEqual(Object.keys(one?.metrics ?? {}))
})

test('a page that cannot be made leaves the one that was there', { timeout: 60_000 }, async () => {
  const { record, dir } = runOf('broken', 'pass', 1.4)
  mkdirSync(join(dir, 'allure-report'), { recursive: true })
  writeFileSync(join(dir, 'allure-report', 'index.html'), 'old')
  // A folder stands where its history is to be.
  mkdirSync(join(dir, 'allure-history.jsonl'))
  const elsewhere = { ...record, run: { ...record.run, id: 'of-another-name' } }
  await expect(allurePage.write(elsewhere, dir)).rejects.toThrow()
  expect(readFileSync(join(dir, 'allure-report', 'index.html'), 'utf8')).toBe('old')
  expect(readdirSync(dir).some((file) => file.endsWith('.tmp'))).toBe(false)
})

test('without the package it says how to get it, and of another version which it is', async () => {
  const project = join(store, 'project')
  await expect(allureProgram([join(project, 'any')])).rejects.toMatchObject({
    code: 'ALLURE_MISSING',
    message: 'the page is made by the allure package, which is not here: npm install --save-dev allure@3',
  })
  const folder = join(project, 'node_modules/allure')
  mkdirSync(join(folder, 'dist'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"name":"allure","version":"2.1.0","exports":"./dist/index.js"}')
  writeFileSync(join(folder, 'dist/index.js'), '')
  await expect(allureProgram([join(project, 'any')])).rejects.toThrow(`and ${folder} is 2.1.0`)
  expect(existsSync(await allureProgram())).toBe(true)
})
