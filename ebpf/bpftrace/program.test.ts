import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import { kernelCounters } from './kernel-counters.ts'
import { preflight } from './preflight.ts'
import { startProgram } from './program.ts'
import { keepRunTimes, keepsRunTimes } from './run-times.ts'

const programs = join(import.meta.dirname, '..', 'programs')
const runqueue = join(programs, 'runqueue.bt')
const any = { parameters: [0, 0] as const, mapKeys: 65_536 }
const timeout = 120_000

beforeEach(async ({ skip }) => {
  const here = await preflight({})
  if (!here.available) skip(`${here.reason}; ${here.remedy}`)
})

test('it counts from when it has started until it is stopped', { timeout }, async () => {
  await using program = await startProgram(runqueue, any)
  await sleep(300)
  const end = await program.stop()
  if (end.output === null) throw new Error(end.reason)
  expect(Object.keys(end.output.histograms['@spread'] ?? {}).length).toBeGreaterThan(0)
  expect(Object.keys(end.output.numbers['@sum'] ?? {}).length).toBeGreaterThan(0)
  expect(end.seconds).toBeGreaterThan(0.3)
  expect(end.output).toMatchObject({ failedUpdates: 0, lostEvents: 0 })
  expect(end.counters?.missedEvents).toBeGreaterThanOrEqual(0)
  expect(existsSync(`/proc/${program.pid}`)).toBe(false)
})

test('it can be read in between, and goes on', { timeout }, async () => {
  await using program = await startProgram(runqueue, any)
  const sums: number[] = []
  for (let i = 0; i < 3; i++) {
    await sleep(200)
    const counted = await (i < 2 ? program.read() : program.stop())
    if (counted.output === null) throw new Error(counted.reason)
    sums.push(Object.values(counted.output.numbers['@sum'] ?? {}).reduce((sum, one) => sum + one, 0))
  }
  expect(sums[0]).toBeGreaterThan(0)
  expect(sums).toEqual(sums.toSorted((a, b) => a - b))
  expect(new Set(sums).size).toBe(3)
  expect(await program.read()).toMatchObject({ output: null, reason: expect.stringContaining('exit code 0') })
})

test('what dies in the middle has no output, and says how it ended', { timeout }, async () => {
  await using program = await startProgram(runqueue, any)
  process.kill(program.pid, 'SIGKILL')
  while (existsSync(`/proc/${program.pid}`)) await sleep(20)
  expect(await program.stop()).toEqual({
    output: null,
    reason: expect.stringMatching(/^bpftrace ended by SIGKILL.*: it said nothing$/),
  })
})

test('what ends by itself, as if stopped by somebody else, has none either', { timeout }, async () => {
  await using program = await startProgram(runqueue, any)
  process.kill(program.pid, 'SIGINT')
  while (existsSync(`/proc/${program.pid}`)) await sleep(20)
  await sleep(100)
  expect(await program.stop()).toEqual({
    output: null,
    reason: 'bpftrace ended with exit code 0 before it was stopped: it said nothing',
  })
})

test('a map that is full is noticed', { timeout }, async () => {
  await using program = await startProgram(runqueue, { ...any, mapKeys: 3 })
  await sleep(500)
  const end = await program.stop()
  expect(end.output?.failedUpdates).toBeGreaterThan(0)
})

test('a program that is not there: its last words and the command line', { timeout }, async () => {
  await expect(startProgram(join(programs, 'none.bt'), any)).rejects.toMatchObject({
    code: 'EBPF_ATTACH_FAILED',
    message: expect.stringMatching(/bpftrace ended with exit code 255 after .*none\.bt[\s\S]*\n {2}bpftrace -f json/),
  })
})

test('no bpftrace: it did not start', { timeout }, async () => {
  const path = process.env.PATH
  process.env.PATH = '/nowhere'
  try {
    await expect(startProgram(runqueue, any)).rejects.toMatchObject({
      code: 'EBPF_ATTACH_FAILED',
      message: expect.stringMatching(/^bpftrace did not start \(.*ENOENT.*\) after /),
    })
  } finally {
    process.env.PATH = path
  }
})

test('it ends with the process that started it, even when that one is killed', { timeout }, async () => {
  const starter = `
    const { startProgram } = await import(${JSON.stringify(join(import.meta.dirname, 'program.ts'))})
    const { pid } = await startProgram(${JSON.stringify(runqueue)}, { parameters: [0, 0], mapKeys: 64 })
    console.log(pid)
    setInterval(() => {}, 1e6)
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', starter], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [pid] = (await once(child.stdout, 'data')).map(Number)
  expect(existsSync(`/proc/${pid}`)).toBe(true)
  child.kill('SIGKILL')
  const startedMs = performance.now()
  while (existsSync(`/proc/${pid}`) && performance.now() - startedMs < 20_000) await sleep(50)
  expect(existsSync(`/proc/${pid}`)).toBe(false)
})

test('run times come from the kernel, which is left as it was', { timeout }, async () => {
  const before = keepsRunTimes()
  await using program = await startProgram(runqueue, any)
  {
    await using _ = await keepRunTimes()
    expect(keepsRunTimes()).toBe(true)
    await sleep(500)
    const { runs, runTimeNs } = kernelCounters(program.pid) ?? { runs: 0, runTimeNs: 0 }
    expect(runs).toBeGreaterThan(0)
    // A run is a few hundred nanoseconds.
    expect(runTimeNs / runs).toBeGreaterThan(10)
    expect(runTimeNs / runs).toBeLessThan(100_000)
  }
  expect(keepsRunTimes()).toBe(before)
  expect(kernelCounters(2 ** 22)).toBeNull()
})
