import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { recordText } from '../../reports/formats/json.ts'
import type { RunRecord } from '../../reports/record.ts'
import { defaultStore } from '../../reports/store/location.ts'
import { loadRecord } from '../../reports/store.ts'
import { folderOf, madeRuns } from '../gate/testing.ts'
import { meshmark } from '../run/testing.ts'
import { testFolder } from '../testing-folder.ts'
import { commandLine } from './testing.ts'

const spread = Array.from({ length: 12 }, (_, i) => 2 + 0.01 * ((i * 5) % 12))

// Loading vitest, which knows the budgets of the configuration, takes seconds on a busy machine.
test('runs are judged beside the runs of the store before them that are like them, and the record has the verdicts', {
  timeout: 120_000,
}, async () => {
  const runs = madeRuns([...spread, 3])
  const other = madeRuns([2], -1).map((one) => ({ ...one, environment: { ...one.environment, cores: 4 } }))
  const store = folderOf([...other, ...runs])
  mkdirSync(join(store, 'cut'))
  writeFileSync(join(store, 'cut', 'record.json'), '{')
  const out = join(testFolder(), 'gate')
  const candidate = ['run9', 'run10', join(store, 'run11'), 'latest']
  const { exitCode, stdout, stderr } = await meshmark([
    'gate',
    '--candidate',
    ...candidate,
    '--store',
    store,
    '--out',
    out,
  ])
  expect(stderr).toContain('1 earlier run left out: another machine, system or cluster')
  expect(stderr).toMatch(/left out, cut\/record\.json: .*cut off after 1 bytes/)
  expect(stdout).toContain('gate: 4 runs (run9, run10, run11, run12) against 9 runs (run0, run1 … run8)')
  expect(stdout).toMatch(/p50 of envoy over baseline is 1\.0\d × what it was {2}\[.*\] {2}≤ 1\.05 ×/)
  expect(exitCode).toBe(3)
  const { run, experiments } = await loadRecord(out)
  expect(run.gate?.control).toHaveLength(9)
  expect(experiments[0]?.verdicts.map(({ outcome }) => outcome)).toEqual(['inconclusive', 'inconclusive', 'pass'])
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

test('a candidate whose id leads out of the folder of results is refused, and nothing is written there', async () => {
  const [control, made] = [folderOf(madeRuns(spread)), madeRuns([2], 20)[0] as RunRecord]
  const candidate = join(testFolder(), 'record.json')
  const led = `../${relative(dirname(process.cwd()), testFolder())}/evil`
  writeFileSync(candidate, recordText({ ...made, run: { ...made.run, id: led } }))
  const { exitCode, stderr } = await commandLine(['gate', '--control', control, '--candidate', candidate])
  expect(stderr).toMatch(/run\.id: received "\.\.\/.*evil"; in a store an id has letters/)
  expect(exitCode).toBe(2)
  expect(existsSync(resolve(defaultStore, `${led}-gate`))).toBe(false)
})
