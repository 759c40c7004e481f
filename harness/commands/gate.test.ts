import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { recordText } from '../../reports/formats/json.ts'
import type { RunRecord } from '../../reports/record.ts'
import { loadRecord } from '../../reports/store.ts'
import { madeRuns } from '../gate/testing.ts'
import { meshmark } from '../run/testing.ts'
import { testFolder } from '../testing-folder.ts'
import { commandLine } from './testing.ts'

function folderOf(runs: readonly RunRecord[]): string {
  const folder = testFolder()
  for (const record of runs) {
    mkdirSync(join(folder, record.run.id))
    writeFileSync(join(folder, record.run.id, 'record.json'), recordText(record))
  }
  return folder
}

const spread = Array.from({ length: 12 }, (_, i) => 2 + 0.01 * ((i * 5) % 12))

test('the latest run is judged beside the runs of the store before it that are like it, and its record has the verdicts', async () => {
  const runs = madeRuns([...spread, 3])
  const other = madeRuns([2], -1).map((one) => ({ ...one, environment: { ...one.environment, cores: 4 } }))
  const store = folderOf([...other, ...runs])
  const out = join(testFolder(), 'gate')
  const few = await meshmark(['gate', '--store', store, '--out', out, '--json'])
  expect(few.stderr).toContain('1 earlier run left out: another machine, system or cluster')
  expect(few.exitCode).toBe(3)
  expect(JSON.parse(few.stdout)).toMatchObject({ outcome: 'inconclusive', gate: { candidate: ['run12'] } })
  const folders = ['run9', 'run10', 'run11', 'run12'].map((name) => join(store, name))
  const control = Array.from({ length: 9 }, (_, i) => `run${i}`)
  const args = ['--control', ...control, '--candidate', ...folders, '--store', store, '--out', out]
  const broken = await meshmark(['gate', ...args])
  expect(broken.stderr).toBe('')
  expect(broken.stdout).toContain('gate: 4 runs (run9, run10, run11, run12) against 9 runs (run0, run1 … run8)')
  expect(broken.stdout).toMatch(/p50 of envoy over baseline is 1\.0\d × what it was {2}\[.*\] {2}≤ 1\.05 ×/)
  expect(broken.exitCode).toBe(3)
  expect((await loadRecord(out)).run.gate?.control).toEqual(control)
})

test('what cannot be set beside each other is refused with exit code 2, one message, and nothing written', async () => {
  const store = folderOf(madeRuns(spread.slice(0, 2)))
  writeFileSync(join(store, 'run1', 'cut.json'), '{"schemaVersion": 2, "run": {')
  const out = join(store, 'gate')
  for (const [args, message] of [
    [['--candidate', 'run9'], /no run run9 in/],
    [['--candidate', join(store, 'run1', 'cut.json')], /cut\.json is no JSON: it is cut off/],
    [
      ['--window', '0', '--again', '9', '--allow-different', 'load,cpu'],
      /3 wrong fields\n.*--window.*\n.*--again: received 9; at most 5\n.*--allow-different/,
    ],
  ] as [string[], RegExp][]) {
    const { exitCode, stderr } = await commandLine(['gate', '--store', store, '--out', out, ...args])
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(exitCode).toBe(2)
  }
})
