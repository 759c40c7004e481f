import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import type { ProcessId } from '../process.ts'
import { applierMissing, schedulingOf, sleeper, testFolder } from '../testing.ts'
import { Applier } from './applier.ts'
import { restoreLeft } from './restore.ts'

beforeEach(({ skip }) => {
  const missing = applierMissing()
  if (missing !== null) skip(missing)
})

const nothing = { processes: 0, weights: 0, left: [] }

/** A process of its own that applies a strategy to `id`, and has done so when this returns. */
async function applyingProcess(folder: string, id: ProcessId): Promise<ChildProcess> {
  const program = join(import.meta.dirname, 'testing-killed.ts')
  const child = spawn(process.execPath, [program, folder, String(id.pid), id.startTime], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

test('a killed process leaves a journal, and the next start puts everything back', async () => {
  const [folder, id] = [testFolder(), sleeper()]
  const before = schedulingOf(id.pid)
  const applying = await applyingProcess(folder, id)
  expect(schedulingOf(id.pid).nice).toBe(-10)
  expect(restoreLeft(folder)).toEqual(nothing)
  await expect(Applier.open(folder)).rejects.toThrow(
    `process ${applying.pid} applies strategies from ${folder}: end it first`,
  )
  applying.kill('SIGKILL')
  await once(applying, 'exit')
  expect(schedulingOf(id.pid).nice).toBe(-10)
  const { applier, restored } = await Applier.open(folder)
  expect(restored).toEqual({ processes: 1, weights: 0, left: [] })
  expect(schedulingOf(id.pid)).toEqual(before)
  expect(readdirSync(folder)).toEqual([])
  await applier.close()
})

test('a process that exits without closing puts everything back itself', async () => {
  const [folder, id] = [testFolder(), sleeper()]
  const before = schedulingOf(id.pid)
  const applying = await applyingProcess(folder, id)
  applying.stdin?.write('\n')
  await once(applying, 'exit')
  expect(schedulingOf(id.pid)).toEqual(before)
  expect(readdirSync(folder)).toEqual([])
})

test('a journal is of one start of the machine, and of processes by their start time', async () => {
  const [folder, id] = [testFolder(), sleeper()]
  const applying = await applyingProcess(folder, id)
  applying.kill('SIGKILL')
  await once(applying, 'exit')
  const set = schedulingOf(id.pid)
  const [name = ''] = readdirSync(folder)
  const file = join(folder, name)
  const journal = readFileSync(file, 'utf8')
  writeFileSync(file, journal.replace(/"boot":"[^"]+"/, '"boot":"of another day"'))
  expect(restoreLeft(folder)).toEqual(nothing)
  expect(readdirSync(folder)).toEqual([])
  writeFileSync(
    file,
    journal.replace(`"pid":${id.pid},"startTime":"${id.startTime}"`, `"pid":${id.pid},"startTime":"1"`),
  )
  expect(restoreLeft(folder)).toEqual(nothing)
  expect(schedulingOf(id.pid)).toEqual(set)
  writeFileSync(file, journal)
  expect(restoreLeft(folder)).toEqual({ ...nothing, processes: 1 })
  expect(restoreLeft(folder)).toEqual(nothing)
})

test('a file that is no journal is named and left', () => {
  const folder = testFolder()
  const file = join(folder, 'applied-1-1.json')
  writeFileSync(file, '{"version":1')
  expect(restoreLeft(folder).left).toEqual([`${file} cannot be read: look at it, and remove it`])
  expect(readdirSync(folder)).toHaveLength(1)
  expect(restoreLeft(join(folder, 'none'))).toEqual(nothing)
})
