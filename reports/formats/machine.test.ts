import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sarifSchema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' }
import { Ajv } from 'ajv'
import formatsOfAjv from 'ajv-formats'
import { validate } from 'ctrf'
import { parse as parseJunit } from 'junit2json'
import type { Log } from 'sarif'
import { afterAll, expect, test } from 'vitest'
import type { RunRecord } from '../record.ts'
import { hostile } from '../testing/outside.ts'
import { sampleRecord } from '../testing/record.ts'
import { formats } from './index.ts'

// The formats for other programs, read by what those programs read them with.

const dir = mkdtempSync(join(tmpdir(), 'meshmark-machine-'))
afterAll(() => rmSync(dir, { recursive: true }))

type Machine = 'junit' | 'sarif' | 'ctrf'
const written = async (name: Machine, record: RunRecord) => readFileSync(await formats[name].write(record, dir), 'utf8')

/** Everything that comes from outside is hostile. */
function hostileRecord(): RunRecord {
  const record = sampleRecord()
  for (const experiment of record.experiments) {
    Object.assign(experiment, { suite: hostile, test: hostile, file: 'suites/a b%#.suite.ts' })
    for (const verdict of experiment.verdicts) Object.assign(verdict, { why: hostile, arm: hostile })
    if (experiment.message !== null) experiment.message = hostile
  }
  return record
}

test('junit: a broken objective is a failure, what cannot be trusted an error, the rest that is no pass skipped', async () => {
  const report = await parseJunit(await written('junit', sampleRecord()))
  const suites = report && 'testsuite' in report ? (report.testsuite ?? []) : []
  expect(report).toMatchObject({ name: 'meshmark', tests: 7, failures: 1, errors: 1 })
  expect(suites.map(({ name, tests, failures, errors, skipped }) => [name, tests, failures, errors, skipped])).toEqual([
    ['http', 6, 1, 1, 1],
    ['grpc', 1, 0, 0, 1],
  ])
  const cases = suites.flatMap(({ testcase }) => testcase ?? [])
  expect(cases.map((one) => Object.keys(one).filter((key) => ['failure', 'error', 'skipped'].includes(key)))).toEqual([
    ...[[], [], [], ['failure'], ['skipped']],
    ...[['error'], ['skipped']],
  ])
  expect(cases[4]?.['system-out']?.join()).toMatch(/^inconclusive: .*both sides/)
  expect(cases[6]?.['system-out']?.join()).toMatch(/^skipped: linkerd needs/)
})

test('junit: it is XML, whatever the names are', async () => {
  const report = await parseJunit(await written('junit', hostileRecord()))
  const suites = report && 'testsuite' in report ? (report.testsuite ?? []) : []
  expect(suites.flatMap(({ testcase }) => testcase ?? [])).toHaveLength(7)
  expect(suites[0]?.name).toContain('<script>')
})

const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false })
formatsOfAjv.default(ajv)
// It is of draft 04, and uses nothing that later drafts read otherwise.
const { $schema: _, id: __, ...sarifRules } = sarifSchema
const isSarif = ajv.compile(sarifRules)

test.for([
  ['as usual', sampleRecord],
  ['with hostile names', hostileRecord],
] as const)('sarif: it keeps the schema of SARIF 2.1.0, %s', async ([, recordOf]) => {
  const log: Log = JSON.parse(await written('sarif', recordOf()))
  expect(isSarif(log), JSON.stringify(isSarif.errors)).toBe(true)
  const [run] = log.runs
  expect(run?.results?.map(({ kind, level }) => [kind, level])).toEqual([
    ['fail', 'error'],
    ['open', 'none'],
    ['fail', 'error'],
    ['notApplicable', 'none'],
  ])
  expect(run?.invocations?.[0]?.executionSuccessful).toBe(false)
  for (const { ruleIndex = -1, ruleId } of run?.results ?? [])
    expect(run?.tool.driver.rules?.[ruleIndex]?.id).toBe(ruleId)
})

test('sarif: every result is somewhere, at the file of its suite where the record knows it', async () => {
  const uris = async (record: RunRecord) => {
    const { runs }: Log = JSON.parse(await written('sarif', record))
    return new Set(runs[0]?.results?.map(({ locations }) => locations?.[0]?.physicalLocation?.artifactLocation?.uri))
  }
  expect(await uris(sampleRecord())).toEqual(new Set(['package.json']))
  expect(await uris(hostileRecord())).toEqual(new Set(['suites/a%20b%25%23.suite.ts']))
})

test.for([
  ['as usual', sampleRecord],
  ['with hostile names', hostileRecord],
] as const)('ctrf: it is valid, and nothing that is no pass has passed, %s', async ([, recordOf]) => {
  const report = JSON.parse(await written('ctrf', recordOf()))
  expect(validate(report)).toMatchObject({ valid: true })
  expect(report.results.summary).toMatchObject({ tests: 7, passed: 3, failed: 2, skipped: 1, other: 1, pending: 0 })
  expect(
    report.results.tests.map(({ status, rawStatus }: Record<string, string>) => `${status}: ${rawStatus}`),
  ).toEqual([
    ...['passed: pass', 'passed: pass', 'passed: pass', 'failed: fail', 'other: inconclusive'],
    ...['failed: invalid', 'skipped: skipped'],
  ])
})
