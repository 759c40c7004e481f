import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testFolder } from '../testing-folder.ts'
import { commandLine } from './testing.ts'

const original = join(import.meta.dirname, '../../reports/testing/record-v1.json')

test('reports are written beside a record of an older version, which stays as it is', async () => {
  const dir = testFolder()
  copyFileSync(original, join(dir, 'record.json'))
  for (const path of [dir, join(dir, 'record.json')]) {
    expect((await commandLine(['report', path])).exitCode).not.toBe(2)
    expect(readdirSync(dir).sort()).toEqual(['allure-results', 'record.json', 'report.html', 'results.csv'])
    expect(readFileSync(join(dir, 'record.json'))).toEqual(readFileSync(original))
  }
})

test('the record is written too, of this version, where it is asked for or goes elsewhere', async () => {
  const dir = testFolder()
  copyFileSync(original, join(dir, 'record.json'))
  const version = (folder: string) => JSON.parse(readFileSync(join(folder, 'record.json'), 'utf8')).schemaVersion
  await commandLine(['report', dir, '--out', join(dir, 'new')])
  expect(version(join(dir, 'new'))).toBe(2)
  await commandLine(['report', dir, '--format', 'json'])
  expect(version(dir)).toBe(2)
})
