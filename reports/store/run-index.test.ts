import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { RunRecord } from '../record.ts'
import { FolderArchive } from './folder.ts'
import { openStore, type Store } from './store.ts'
import { smallFigures, smallRecord, textOf } from './testing.ts'

let folder: string
let index: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshmark-index-'))
  index = join(folder, 'index.sqlite')
  onTestFinished(() => rmSync(folder, { recursive: true }))
})

/** Counts the records that are read for the index. */
const figuresOf = vi.fn(smallFigures)

async function open(): Promise<Store> {
  figuresOf.mockClear()
  const store = await openStore(folder, { figuresOf, cacheFolder: folder })
  onTestFinished(() => store[Symbol.dispose]())
  return store
}

function drop(record: RunRecord): void {
  mkdirSync(join(folder, record.run.id))
  writeFileSync(join(folder, record.run.id, 'record.json'), textOf(record))
}

const ids = async (store: Store) => (await store.runs()).map(({ id }) => id)

/** A store of three runs whose index is on the disk, whole. */
async function three(): Promise<void> {
  for (const [i, id] of ['a', 'b', 'c'].entries()) drop(smallRecord(id, i))
  const store = await open()
  store[Symbol.dispose]()
}

test('a record is read once', async () => {
  await three()
  expect(figuresOf).toHaveBeenCalledTimes(3)
  drop(smallRecord('d', 4))
  expect(await ids(await open())).toEqual(['d', 'c', 'b', 'a'])
  expect(figuresOf).toHaveBeenCalledTimes(1)
})

test.for([
  ['is lost', () => rmSync(index)],
  ['is no database', () => writeFileSync(index, 'nonsense'.repeat(1000))],
  ['is cut off', () => writeFileSync(index, readFileSync(index).subarray(0, 5000))],
  ['has broken pages', () => writeFileSync(index, readFileSync(index).fill(0x5a, 1000))],
  ['lacks a table', () => change('DROP TABLE run')],
  [
    'is of a newer version',
    () => change('PRAGMA user_version = 99; CREATE TABLE later (x); CREATE VIEW v AS SELECT 1'),
  ],
  ['is of an older version', () => change('PRAGMA user_version = 0; DROP TABLE entry; CREATE TABLE entry (y)')],
] as const)('an index that %s is made anew from the records', async ([, damage]) => {
  await three()
  damage()
  const store = await open()
  expect(await ids(store)).toEqual(['c', 'b', 'a'])
  expect(await store.figures()).toHaveLength(6)
  store[Symbol.dispose]()
  expect(await ids(await open())).toEqual(['c', 'b', 'a'])
  expect(figuresOf).not.toHaveBeenCalled()
})

function change(sql: string): void {
  const database = new DatabaseSync(index)
  database.exec(sql)
  database.close()
}

test('one that breaks while it is open is made anew, too', async () => {
  await three()
  const store = await open()
  change('DROP TABLE figure')
  expect(await store.figures({ suite: 'grpc', form: 'value' })).toHaveLength(3)
})

test('where none can be kept the records are read each time', async () => {
  mkdirSync(index)
  drop(smallRecord('a'))
  for (let i = 0; i < 2; i++) {
    expect(await ids(await open())).toEqual(['a'])
    expect(figuresOf).toHaveBeenCalledTimes(1)
  }
})

test('runs are chosen by suite, cluster, environment and commit', async () => {
  const source = { commit: 'abcdef0123', ref: null, dirty: true }
  drop(smallRecord('a', 1, { source }))
  drop({ ...smallRecord('b', 2, { cluster: { provider: 'kind', reason: '' } }), experiments: [] })
  const store = await open()
  const chosen = async (filter: Parameters<Store['runs']>[0]) => (await store.runs(filter)).map(({ id }) => id)
  expect(await chosen({ suite: 'grpc' })).toEqual(['a'])
  expect(await chosen({ suite: 'rpc' })).toEqual([])
  expect(await chosen({ cluster: 'kind' })).toEqual(['b'])
  expect(await chosen({ environment: 'machine' })).toEqual(['a'])
  expect(await chosen({ commit: 'abcd' })).toEqual(['a'])
  expect(await chosen({ commit: '%' })).toEqual([])
  expect(await chosen({ limit: 1 })).toEqual(['b'])
  expect(await store.find('a')).toMatchObject({ source, suites: ['grpc'], environment: 'machine', outcome: 'fail' })
})

test('figures are those of the runs before, the newest of each series, the oldest first', async () => {
  for (let i = 0; i < 5; i++) drop(smallRecord(`run-${i}`, i, { seed: i }))
  const store = await open()
  const { startedAt } = await store.find('run-4')
  const figures = await store.figures({ indicator: 'p50Ms', form: 'value', before: startedAt, last: 3 })
  expect(figures.map(({ run, value, interval, over }) => [run, value, interval, over])).toEqual([
    ['run-1', 1, [0.5, 1.5], null],
    ['run-2', 2, [1.5, 2.5], null],
    ['run-3', 3, [2.5, 3.5], null],
  ])
  expect(await store.figures({ over: null, last: 1 })).toHaveLength(1)
  expect((await store.figures({ over: 'baseline', last: 1 }))[0]).toMatchObject({ run: 'run-4', over: 'baseline' })
  expect(await store.figures({ settings: 'other' })).toEqual([])
})

test('a full disk loses nothing that was accepted, and takes nothing in half', async ({ skip }) => {
  const small = join(folder, 'small')
  mkdirSync(small)
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', small])
  if (status !== 0) skip('a file system of its own needs root on Linux')
  onTestFinished(() => void spawnSync('umount', [small]))
  const archive = new FolderArchive(small)
  const accepted: string[] = []
  const refused = await (async () => {
    for (let i = 0; i < 1000; i++) {
      const record = smallRecord(`run-${i}`, i)
      await archive.add(record, textOf(record))
      accepted.push(record.run.id)
    }
  })().catch((error) => error)
  expect(refused).toMatchObject({
    code: expect.stringMatching(/^STORE_/),
    message: expect.stringContaining('ENOSPC: no space left on device'),
  })
  expect(accepted.length).toBeGreaterThan(5)
  expect(readdirSync(small).sort()).toEqual(accepted.toSorted())
  using store = await openStore(small, { figuresOf, cacheFolder: folder })
  expect((await ids(store)).sort()).toEqual(accepted.toSorted())
  expect(await store.unreadable()).toEqual([])
  expect(existsSync(join(small, `run-${accepted.length}`))).toBe(false)
})
