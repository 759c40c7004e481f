import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { testFolder } from '../testing-folder.ts'
import { commandLine } from './testing.ts'

const original = join(import.meta.dirname, '../../reports/testing/record-v1.json')

test('reports are written beside a record of an older version, which stays as it is', async () => {
  const dir = testFolder()
  copyFileSync(original, join(dir, 'record.json'))
  for (const path of [dir, join(dir, 'record.json')]) {
    expect((await commandLine(['report', path])).exitCode).not.toBe(2)
    expect(readdirSync(dir).sort()).toEqual([
      'allure-results',
      'allurerc.json',
      'record.json',
      'report.html',
      'results.csv',
      'summary.md',
    ])
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

test('the reports go beside the record, whatever it and its folder are called', async () => {
  const dir = testFolder()
  const folder = join(dir, 'run.json')
  mkdirSync(folder)
  copyFileSync(original, join(folder, 'record.json'))
  copyFileSync(original, join(folder, 'old-record'))
  await commandLine(['report', folder, '--format', 'csv'])
  await commandLine(['report', join(folder, 'old-record'), '--format', 'html'])
  expect(readdirSync(dir)).toEqual(['run.json'])
  expect(readdirSync(folder).sort()).toEqual(['old-record', 'record.json', 'report.html', 'results.csv'])
})

test('formats are a list, which may stand before the record', async () => {
  const dir = testFolder()
  copyFileSync(original, join(dir, 'record.json'))
  await commandLine(['report', '--format', 'csv', dir])
  expect(readdirSync(dir).sort()).toEqual(['record.json', 'results.csv'])
  await commandLine(['report', '--format', 'html,csv', dir, '--format', 'allure'])
  expect(readdirSync(dir).sort()).toEqual([
    'allure-results',
    'allurerc.json',
    'record.json',
    'report.html',
    'results.csv',
  ])
  await commandLine(['report', dir, '--format', 'junit,sarif,ctrf'])
  expect(readdirSync(dir)).toEqual(expect.arrayContaining(['ctrf-report.json', 'junit.xml', 'meshmark.sarif']))
})

test('a place that cannot be written is wrong use', async () => {
  const dir = testFolder()
  copyFileSync(original, join(dir, 'record.json'))
  writeFileSync(join(dir, 'file'), '')
  const { exitCode, stderr } = await commandLine(['report', dir, '--out', join(dir, 'file')])
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr: `meshmark: --out ${join(dir, 'file')} cannot be written: it is no folder\n`,
  })
})

describe('--push', () => {
  test.for([
    [200, null, /^$/],
    [400, 4, /did not take the metrics: it answered 400: no$/m],
  ] as [number, number | null, RegExp][])(
    'answered with %d: exit code %j, and no file',
    async ([status, code, says]) => {
      const dir = testFolder()
      copyFileSync(original, join(dir, 'record.json'))
      const asked: string[] = []
      await using gateway = createServer(({ method, url }, response) => {
        asked.push(`${method} ${url}`)
        response.writeHead(status).end('no')
      }).listen(0, '127.0.0.1')
      await once(gateway, 'listening')
      const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`
      const { exitCode, stderr } = await commandLine(['report', dir, '--push', url])
      expect({ exitCode, stderr }).toEqual({ exitCode: code, stderr: expect.stringMatching(says) })
      expect(asked[0]).toMatch(/^PUT \/metrics\/job\/meshmark\/instance\/[^/]+\/suite\/\w+$/)
      expect(readdirSync(dir)).toEqual(['record.json'])
    },
  )

  test.for(['localhost:9091', 'file:///etc', ''])('%j is wrong use', async (url) => {
    const { exitCode, stderr } = await commandLine(['report', testFolder(), '--push', url])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`${JSON.stringify(url)} is no address such as http://localhost:9091.`)
  })
})
