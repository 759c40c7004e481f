import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import type { RunRecord } from '../record.ts'
import { FolderArchive } from './folder.ts'
import { addRecord, openStore, type Store } from './store.ts'
import { smallFigures, smallRecord, textOf } from './testing.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshmark-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
})

async function open(at = folder): Promise<Store> {
  const store = await openStore(at, { figuresOf: smallFigures, cacheFolder: join(folder, '.cache') })
  onTestFinished(() => store[Symbol.dispose]())
  return store
}

const add = (store: Store, record: RunRecord) => addRecord(new FolderArchive(store.location), textOf(record), 'a test')

function drop(name: string, text: string): void {
  mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, name, 'record.json'), text)
}

const ids = async (store: Store, ...filter: Parameters<Store['runs']>) =>
  (await store.runs(...filter)).map(({ id }) => id)

test('a store that is not there is empty, and reading it makes nothing', async () => {
  const store = await open(join(folder, 'none'))
  expect(await store.runs()).toEqual([])
  await expect(store.find('latest')).rejects.toThrow(/^no run latest in .*none: there are no runs in it$/)
  expect(existsSync(join(folder, 'none'))).toBe(false)
})

test('a record comes back as it was added, by its id, by what only its id begins with, and as the latest', async () => {
  const store = await open(join(folder, 'made', 'by adding'))
  const [one, two] = [smallRecord('abc-1', 1), smallRecord('abd-2', 2)]
  expect(await add(store, two)).toBe(join(folder, 'made', 'by adding', 'abd-2', 'record.json'))
  await add(store, one)
  await store.update()
  expect(await ids(store)).toEqual(['abd-2', 'abc-1'])
  for (const name of ['abc-1', 'abc']) expect(await store.read(name)).toEqual(one)
  expect(await store.read('latest')).toEqual(two)
  await expect(store.find('ab')).rejects.toMatchObject({
    code: 'RECORD_NOT_FOUND',
    message: 'ab begins the ids of 2 runs: abd-2, abc-1',
  })
  await expect(store.find('x')).rejects.toThrow(/no run x in .*: the newest are abd-2, abc-1$/)
})

test('the same record may be added again; another one of the same run is refused, and changes nothing', async () => {
  const store = await open()
  const path = await add(store, smallRecord('a'))
  expect(await add(store, smallRecord('a'))).toBe(path)
  const other = add(store, smallRecord('a', 9))
  await expect(other).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
  await expect(other).rejects.toThrow(`run a was not added: ${folder} has another record of the same run id, ${path}`)
  expect(readFileSync(path, 'utf8')).toBe(textOf(smallRecord('a')))
  expect(readdirSync(folder).filter((name) => !name.startsWith('index'))).toEqual(['a'])
})

test('a folder of that name without a record is not written to', async () => {
  drop('a', '')
  rmSync(join(folder, 'a', 'record.json'))
  writeFileSync(join(folder, 'a', 'notes'), '')
  await expect(add(await open(), smallRecord('a'))).rejects.toThrow(/has the folder .*a, without a record$/)
})

test.for(['../a', 'a/b', '', '.', '..', '.adding-a', 'a\n', 'x'.repeat(129)])(
  'the id %j names no folder',
  async (id) => {
    const adding = add(await open(), smallRecord(id))
    await expect(adding).rejects.toMatchObject({ code: 'STORE_INVALID', message: expect.stringContaining('run.id') })
  },
)

test('what others drop in, change or remove is known at the next look, whatever its folder is called', async () => {
  const store = await open()
  drop('nightly', textOf(smallRecord('a', 1)))
  drop('b', textOf(smallRecord('b', 2)))
  await store.update()
  expect(await ids(store)).toEqual(['b', 'a'])
  drop('nightly', textOf(smallRecord('c', 3, { seed: 5 })))
  rmSync(join(folder, 'b'), { recursive: true })
  await store.update()
  expect(await ids(store)).toEqual(['c'])
  expect((await store.figures()).map(({ run, value }) => [run, value])).toEqual([
    ['c', 5],
    ['c', 1.5],
  ])
})

test('what cannot be read is listed with its reason, and costs no other record', async () => {
  const text = textOf(smallRecord('a'))
  drop('fine', text)
  drop('cut', text.slice(0, 500))
  drop('newer', text.replace('"schemaVersion": 2', '"schemaVersion": 9'))
  drop('nan', text.replace('"seed": 7', '"seed": NaN'))
  drop('empty', '')
  drop('outside', textOf(smallRecord('../../outside')))
  const store = await open()
  expect(await ids(store)).toEqual(['a'])
  expect(await store.unreadable()).toEqual([
    {
      path: 'cut/record.json',
      reason: expect.stringContaining('cut/record.json is no JSON: it is cut off after 500 bytes'),
    },
    { path: 'empty/record.json', reason: expect.stringContaining('is no JSON') },
    { path: 'nan/record.json', reason: expect.stringContaining('NaN') },
    { path: 'newer/record.json', reason: expect.stringContaining('schema version 9, this meshmark reads up to 2') },
    { path: 'outside/record.json', reason: expect.stringContaining('run.id: received "../../outside"') },
  ])
  drop('cut', textOf(smallRecord('whole', 1)))
  await store.update()
  expect(await ids(store)).toEqual(['whole', 'a'])
})

test('a figure that is no number makes its record unreadable', async () => {
  drop('a', textOf(smallRecord('a')))
  const figuresOf = (record: RunRecord) => smallFigures(record).map((figure) => ({ ...figure, value: Number.NaN }))
  using store = await openStore(folder, { figuresOf, cacheFolder: folder })
  expect(await store.runs()).toEqual([])
  expect((await store.unreadable())[0]?.reason).toMatch(/p50Ms of envoy is NaN/)
})

test('of two records of one run the second is told; it comes forward when the first goes', async () => {
  drop('1', textOf(smallRecord('a', 1)))
  drop('2', textOf(smallRecord('a', 2)))
  drop('copy', textOf(smallRecord('a', 1)))
  drop('judged', textOf(smallRecord('a', 1, { gate: { control: ['x'], candidate: ['a'], differs: [] } })))
  const store = await open()
  expect((await store.runs()).map(({ path }) => path)).toEqual(['1/record.json'])
  const reason = 'another record of run a is listed, 1/record.json: one of the two is not what that run wrote'
  expect(await store.unreadable()).toEqual([{ path: '2/record.json', reason }])
  rmSync(join(folder, '1'), { recursive: true })
  await store.update()
  expect((await store.runs()).map(({ path }) => path)).toEqual(['2/record.json'])
})

test('what a killed writer left is no record, and goes when it is old', async () => {
  drop('.adding-b-1f', textOf(smallRecord('b')))
  const store = await open()
  expect(await store.runs()).toEqual([])
  await add(store, smallRecord('a'))
  expect(existsSync(join(folder, '.adding-b-1f'))).toBe(true)
  utimesSync(join(folder, '.adding-b-1f'), 1, 1)
  await add(store, smallRecord('c'))
  expect(existsSync(join(folder, '.adding-b-1f'))).toBe(false)
})

test('a file in place of the folder, and a location that is neither folder nor bucket, are refused', async () => {
  writeFileSync(join(folder, 'file'), '')
  await expect(open(join(folder, 'file'))).rejects.toMatchObject({ code: 'STORE_INVALID' })
  const adding = new FolderArchive(join(folder, 'file')).add(smallRecord('a'), '')
  await expect(adding).rejects.toThrow(/^the store .*file cannot be written: EEXIST/)
  for (const wrong of ['', 's3://', 's3://B', 'http://x/y', 'gs://bucket'])
    await expect(open(wrong)).rejects.toThrow(`store: received "${wrong}"; a folder, or s3://bucket/prefix`)
})
