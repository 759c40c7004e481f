import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testFolder } from '../testing-folder.ts'
import { writeWithKills } from './writers.ts'

test('writers at once that are killed lose no record that was accepted, and the index is rebuilt', {
  timeout: 120_000,
}, async () => {
  const folder = testFolder()
  const removeIndex = () => rmSync(join(folder, 'index.sqlite'))
  const writing = await writeWithKills(folder, { writers: 4, records: 30, killEveryMs: 400, removeIndex })
  expect(writing).toMatchObject({ accepted: 120, lost: [], unreadable: 0, indexed: 120, rebuilt: 120 })
  expect(writing.kills).toBeGreaterThan(0)
})
