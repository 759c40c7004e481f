import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { json } from './formats/json.ts'
import type { Experiment, RunRecord, Trial } from './record.ts'
import { loadRecord } from './store.ts'
import { renderSummary } from './terminal.ts'
import { sampleRecord } from './testing/record.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'meshmark-store-'))
})
afterAll(() => rm(dir, { recursive: true }))

test('a record is read from its file and from the folder of its run', async () => {
  const record = sampleRecord()
  const file = await json.write(record, join(dir, 'run'))
  expect(await loadRecord(file)).toEqual(record)
  expect(await loadRecord(join(dir, 'run'))).toEqual(record)
})

test('a byte order mark before a record is no part of it', async () => {
  const record = sampleRecord()
  const file = join(dir, 'with-a-mark.json')
  await writeFile(file, `\uFEFF${JSON.stringify(record)}`)
  expect(await loadRecord(file)).toEqual(record)
})

test('a record that is not there says where it was looked for', async () => {
  await expect(loadRecord(join(dir, 'nowhere'))).rejects.toMatchObject({
    code: 'RECORD_NOT_FOUND',
    message: expect.stringContaining(join(dir, 'nowhere')),
  })
  await expect(loadRecord(dir)).rejects.toMatchObject({
    code: 'RECORD_NOT_FOUND',
    message: expect.stringContaining('record.json'),
  })
})

const write = async (name: string, text: string) => {
  const file = join(dir, name)
  await writeFile(file, text)
  return file
}

test('what is no JSON is refused', async () => {
  await expect(loadRecord(await write('torn.json', '{"schemaVersion": 1,'))).rejects.toMatchObject({
    code: 'RECORD_INVALID',
    message: expect.stringContaining('is no JSON'),
  })
})

test.for(['', 'hello', '[1, 2'])('%j is no record that was cut off', async (text) => {
  await expect(loadRecord(await write('other.txt', text))).rejects.toThrow(/other\.txt is no JSON: (?!it is cut off)/)
})

test('every wrong field is named at once', async () => {
  const record = { ...sampleRecord(), experiments: 'none', run: { ...sampleRecord().run, seed: 1.5 } }
  const loading = loadRecord(await write('wrong.json', JSON.stringify(record)))
  await expect(loading).rejects.toMatchObject({ code: 'RECORD_INVALID' })
  await expect(loading).rejects.toThrow(/run\.seed[\s\S]*experiments/)
})

test.for([
  ['no JSON', '{"schemaVersion": \n::error::forged'],
  ['a field that is none', JSON.stringify({ ...sampleRecord(), 'x\n::error::forged': 1, run: 1 })],
])('what it holds begins no line of the message: %s', async ([, text]) => {
  const error = await loadRecord(await write('forged.json', text as string)).catch((thrown: Error) => thrown.message)
  expect(error).toContain('::error')
  expect(error).not.toMatch(/^\s*::/m)
})

test('a record of a newer meshmark says so, and nothing else', async () => {
  const file = await write('newer.json', JSON.stringify({ schemaVersion: 9, runs: [] }))
  await expect(loadRecord(file)).rejects.toThrow(/schema version 9, this meshmark reads up to 2: update meshmark$/)
})

test('fields that a newer meshmark has added are left out, wherever they are', async () => {
  const record = { ...sampleRecord(), environment: { ...sampleRecord().environment } }
  const [experiment] = record.experiments as [Experiment]
  experiment.load = { ...experiment.load, rate: { from: 1, to: 9 } }
  const newer = structuredClone(record) as unknown as Record<string, Record<string, unknown>>
  Object.assign(newer, { team: 'mesh' })
  Object.assign(newer.run as object, { host: { name: 'laptop' }, lab: 5 })
  const [one] = newer.experiments as unknown as [Experiment]
  Object.assign(one.load, { http3: {} })
  Object.assign(one.load.rate as object, { jitterMs: 5 })
  Object.assign(one.arms[0]?.trials[0] as object, { notes: [] })
  const file = await write('added.json', JSON.stringify(newer))
  expect(await loadRecord(file)).toEqual(record)
  Object.assign(newer.run as object, { seed: 1.5 })
  await expect(loadRecord(await write('both.json', JSON.stringify(newer)))).rejects.toThrow(/run\.seed/)
})

test.for([0, -1, 1.5, '2', null, {}])('schema version %j is none that there was', async (schemaVersion) => {
  const file = await write('strange.json', JSON.stringify({ ...sampleRecord(), schemaVersion }))
  await expect(loadRecord(file)).rejects.toMatchObject({
    code: 'RECORD_INVALID',
    message: `${file} has schema version ${JSON.stringify(schemaVersion)}; this meshmark reads 1 to 2`,
  })
})

test('a reason with a code that nobody knows here is read, and shown by its text', async () => {
  const record = sampleRecord()
  const trial = record.experiments[0]?.arms[1]?.trials[0] as Trial
  trial.validity = { valid: false, reasons: [{ code: 'clock_jumped', text: 'the clock jumped by 3 s' }] }
  const read = await loadRecord(await write('later.json', JSON.stringify(record)))
  expect(read).toEqual(record)
  const [experiment] = read.experiments as [Experiment]
  expect(renderSummary(experiment, { colour: false, columns: 200, cluster: 'local' })).toContain(
    'of envoy: the clock jumped by 3 s',
  )
})

test('a record that could not be read again is not written', async () => {
  const record = sampleRecord() as RunRecord
  record.run.durationMs = Number.NaN
  await expect(json.write(record, join(dir, 'bad'))).rejects.toThrow(/run\.durationMs/)
  await expect(loadRecord(join(dir, 'bad'))).rejects.toMatchObject({ code: 'RECORD_NOT_FOUND' })
})
