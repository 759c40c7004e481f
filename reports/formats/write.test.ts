import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { sampleRecord } from '../testing/record.ts'
import { writeReports } from './write.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'meshmark-reports-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
})

test('every format is written, the record first, and its path is returned', async () => {
  const { files, failures } = await writeReports(sampleRecord(), dir)
  expect(files[0]).toBe(join(dir, 'record.json'))
  expect(files.every((file) => existsSync(file))).toBe(true)
  expect(files).toHaveLength(5)
  expect(failures).toEqual({})
})

test('what one format cannot write costs none of the others', async () => {
  writeFileSync(join(dir, 'allure-results'), 'in its place')
  const { files, failures } = await writeReports(sampleRecord(), dir)
  expect(readdirSync(dir).sort()).toEqual(['allure-results', 'record.json', 'report.html', 'results.csv', 'summary.md'])
  expect(files).toHaveLength(4)
  expect(failures).toEqual({
    allure: 'allure-results/meshmark-perf.json could not be written: EEXIST: file already exists',
  })
})

test('a record that nobody could read again costs no report either, and leaves the old one', async () => {
  writeFileSync(join(dir, 'record.json'), 'old')
  const record = sampleRecord()
  record.run.seed = 1.5
  const { failures } = await writeReports(record, dir, ['csv', 'json'])
  expect(Object.keys(failures)).toEqual(['json'])
  expect(failures.json).toMatch(/^record\.json could not be written: .*run\.seed/s)
  expect(readFileSync(join(dir, 'record.json'), 'utf8')).toBe('old')
  expect(existsSync(join(dir, 'results.csv'))).toBe(true)
})
