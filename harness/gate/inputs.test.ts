import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { recordText } from '../../reports/formats/json.ts'
import type { RunRecord } from '../../reports/record.ts'
import { openStore } from '../../reports/store/store.ts'
import { testFolder } from '../testing-folder.ts'
import { figuresOf } from '../verdict/figures.ts'
import { recordsOf, windowOf } from './inputs.ts'
import { folderOf, madeRuns } from './testing.ts'

const storeAt = (folder: string) => openStore(folder, { figuresOf, cacheFolder: testFolder() })
const noStore = () => Promise.reject(new Error('nobody asked the store'))

test('a window has the last runs before the candidate that are like it, and says why others are not in it', async () => {
  const runs = madeRuns([2, 2, 2, 2, 2, 2, 2])
  const [first, second, third, , , , candidate] = runs as [
    RunRecord,
    RunRecord,
    RunRecord,
    RunRecord,
    RunRecord,
    RunRecord,
    RunRecord,
  ]
  first.environment.cores = 64
  second.environment.versions.envoy = '1.0'
  third.run.profile = 'smoke'
  using store = await storeAt(folderOf(runs))
  const ids = async (size: number, ...allowed: Parameters<typeof windowOf>[3]) => {
    const { records, leftOut } = await windowOf(store, [candidate], size, allowed)
    return { ids: records.map(({ run }) => run.id), leftOut }
  }
  expect(await ids(2)).toEqual({ ids: ['run4', 'run5'], leftOut: [] })
  expect(await ids(10)).toEqual({
    ids: ['run3', 'run4', 'run5'],
    leftOut: [
      '1 earlier run left out: http › an mTLS sidecar adds at most 2 ms at p99: profile: candidate "standard", control "smoke"',
      '1 earlier run left out: version of envoy: candidate "1.36.2", control "1.0"',
      '1 earlier run left out: another machine, system or cluster',
    ],
  })
  expect((await ids(10, 'versions', 'hardware', 'settings')).ids).toHaveLength(6)
})

test('runs are named by file, folder, folder of folders, or in the store; the oldest is first', async () => {
  const runs = madeRuns([2, 2, 2])
  const folder = folderOf(runs.toReversed())
  const [first] = runs as [RunRecord]
  const judged = { ...first, run: { ...first.run, gate: { control: [], candidate: [], differs: [] } } }
  mkdirSync(join(folder, 'run0-gate'))
  writeFileSync(join(folder, 'run0-gate', 'record.json'), recordText(judged))
  const ids = async (...names: string[]) => (await recordsOf(names, () => storeAt(folder))).map(({ run }) => run.id)
  expect(await ids(folder)).toEqual(['run0', 'run1', 'run2'])
  expect(await ids('run2', join(folder, 'run0'), join(folder, 'run1', 'record.json'))).toEqual(['run0', 'run1', 'run2'])
  await expect(ids('run7')).rejects.toMatchObject({ code: 'RECORD_NOT_FOUND' })
})

test('what is no record is refused: none there, cut off, of another version, with a figure that is none', async () => {
  const folder = testFolder()
  const [record] = madeRuns([2])
  const text = recordText(record as RunRecord)
  const refusal = async (name: string, content?: string) => {
    if (content !== undefined) writeFileSync(join(folder, name), content)
    return recordsOf([join(folder, name)], noStore).then(
      () => 'none',
      (error) => `${error.code} ${error.message}`,
    )
  }
  expect(await refusal('')).toMatch(/^CONFIG_INVALID no run in .*neither it nor a folder in it has a record\.json/)
  expect(await refusal('cut.json', text.slice(0, 4000))).toMatch(/^RECORD_INVALID .*cut off after 4000 bytes/)
  expect(await refusal('new.json', text.replace('"schemaVersion": 2', '"schemaVersion": 9'))).toMatch(
    /schema version 9.*update/,
  )
  expect(await refusal('nan.json', text.replace(/"achievedRate": [\d.]+/, '"achievedRate": NaN'))).toMatch(
    /^RECORD_INVALID .*is no JSON/,
  )
  expect(await refusal('null.json', text.replace(/"achievedRate": [\d.]+/, '"achievedRate": null'))).toMatch(
    /load\.achievedRate/,
  )
})
