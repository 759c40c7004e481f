import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { type ProcessId, readProcess } from '../process.ts'
import { applierMissing, schedulingOf, sleeper, testChild, testFolder, threadsOf } from '../testing.ts'
import { Applier } from './applier.ts'
import type { Assigned } from './assigned.ts'
import { policies } from './wanted.ts'

beforeEach(({ skip }) => {
  const missing = applierMissing()
  if (missing !== null) skip(missing)
})

const wish = (id: ProcessId, more: Partial<Assigned> = {}): Assigned => ({
  ...{ pid: id.pid, startTime: id.startTime, priority: 10, executionTimeNs: 20_000_000n, pod: null },
  ...more,
})

const allThreads = (pid: number) => threadsOf(pid).map((thread) => schedulingOf(pid, thread))

test('nice and slice of every thread are set, known to the disk, and put back', async ({ skip }) => {
  const child = testChild(process.execPath, '-e', 'setInterval(() => {}, 1000)')
  await vi.waitFor(() => expect(threadsOf(child.pid).length).toBeGreaterThan(3))
  const before = schedulingOf(child.pid)
  const folder = testFolder()
  await using applier = (await Applier.open(folder)).applier
  const applied = await applier.apply([wish(child)])
  const noSlices = applied.notes.find((note) => note.includes('Linux 6.12'))
  if (noSlices !== undefined) skip(noSlices)
  expect(applied).toMatchObject({ reason: null, processes: 1, weights: 0, refused: [] })
  const set = { nice: -10, policy: policies.other, sliceNs: 20_000_000 }
  for (const thread of allThreads(child.pid)) expect(thread).toEqual(set)
  const [file = ''] = readdirSync(folder)
  expect(JSON.parse(readFileSync(join(folder, file), 'utf8')).processes).toEqual([
    { ...child, pod: null, before: [0, before.nice, 0], threads: {}, applied: [[0, -10, 20_000_000]] },
  ])
  expect(await applier.close()).toEqual({ processes: 1, weights: 0, left: [] })
  for (const thread of allThreads(child.pid)) expect(thread).toEqual(before)
  expect(readdirSync(folder)).toEqual([])
})

test('a set takes the place of the one before; background work does not preempt', async () => {
  const [first, second] = [sleeper(), sleeper()]
  const before = schedulingOf(first.pid)
  await using applier = (await Applier.open(testFolder())).applier
  await applier.apply([wish(first), wish(second)])
  await applier.apply([wish(second, { priority: -5, executionTimeNs: 0n })])
  expect(schedulingOf(first.pid)).toEqual(before)
  expect(schedulingOf(second.pid)).toEqual({ nice: 5, policy: policies.batch, sliceNs: before.sliceNs })
  await applier.apply([])
  expect(schedulingOf(second.pid)).toEqual(before)
})

test('limits of the kernel are said', async () => {
  const child = sleeper()
  await using applier = (await Applier.open(testFolder())).applier
  const { notes } = await applier.apply([wish(child, { priority: 100, executionTimeNs: 10n ** 12n })])
  expect(notes).toContain("priority 100 is taken as 20, the kernel's limit")
  expect(notes).toContain("an execution time of 1000000000000 ns is taken as 100000000, the kernel's limit")
  expect(schedulingOf(child.pid).nice).toBe(-20)
})

test('what somebody else has set since stays', async () => {
  const child = sleeper()
  const { applier } = await Applier.open(testFolder())
  await applier.apply([wish(child)])
  setPriority(child.pid, 3)
  await applier.close()
  expect(schedulingOf(child.pid).nice).toBe(3)
})

test('pid 1, the kernel, ourselves, our parents, the ended and the reused are refused by name', async ({ skip }) => {
  const kernelThread = readProcess(2)
  if (!kernelThread?.isKernelThread) skip('no thread of the kernel is seen here: it takes its own pid namespace')
  const untouched = [1, 2, process.pid, process.ppid].map((pid) => readProcess(pid) as ProcessId)
  const before = untouched.map(({ pid }) => schedulingOf(pid))
  const [child, ended] = [sleeper(), sleeper()]
  process.kill(ended.pid, 'SIGKILL')
  await vi.waitFor(() => expect(readProcess(ended.pid)).toBeNull())
  await using applier = (await Applier.open(testFolder())).applier
  const { processes, refused } = await applier.apply(
    [...untouched, ended, { ...child, startTime: '1' }].map((one) => wish(one)),
  )
  expect(processes).toBe(0)
  expect(refused).toEqual([
    expect.stringMatching(/^process 1 \(.+\) is the first of the machine/),
    `process 2 (${kernelThread?.name}) is a thread of the kernel, and is never touched`,
    expect.stringContaining('is meshmark itself'),
    expect.stringContaining('is a parent of meshmark'),
    `process ${ended.pid} has ended`,
    `process ${child.pid} (sleep) is another one, which got the number of a process that has ended`,
  ])
  expect(untouched.map(({ pid }) => schedulingOf(pid))).toEqual(before)
  expect(schedulingOf(child.pid).nice).not.toBe(-10)
})

test('children made meanwhile are put back with their parent', async () => {
  const shell = spawn('sh', ['-c', 'read line; sleep 300 & wait'], { stdio: ['pipe', 'ignore', 'ignore'] })
  onTestFinished(() => void shell.kill('SIGKILL'))
  const parent = readProcess(shell.pid ?? 0) as ProcessId
  const before = schedulingOf(parent.pid)
  const { applier } = await Applier.open(testFolder())
  await applier.apply([wish(parent)])
  shell.stdin.write('\n')
  const heir = await vi.waitFor(() => {
    const [pid] = childrenOf(parent.pid)
    expect(pid && readProcess(pid)?.name).toBe('sleep')
    return pid as number
  })
  onTestFinished(() => void process.kill(heir, 'SIGKILL'))
  expect(schedulingOf(heir).nice).toBe(-10)
  const known = readProcess(heir) as ProcessId
  // Taken in with what its parent had before, not with what it was born with.
  await applier.apply([wish(parent), wish(known, { priority: 5 })])
  expect(schedulingOf(heir).nice).toBe(-5)
  await applier.apply([wish(parent)])
  expect(schedulingOf(heir)).toEqual(before)
  await applier.close()
  expect([parent.pid, heir].map((pid) => schedulingOf(pid))).toEqual([before, before])
})

test('children that no strategy knew are put back as well', async () => {
  const shell = spawn('sh', ['-c', 'read line; sleep 300 & wait'], { stdio: ['pipe', 'ignore', 'ignore'] })
  onTestFinished(() => void shell.kill('SIGKILL'))
  const parent = readProcess(shell.pid ?? 0) as ProcessId
  const before = schedulingOf(parent.pid)
  const { applier } = await Applier.open(testFolder())
  await applier.apply([wish(parent)])
  shell.stdin.write('\n')
  const heir = await vi.waitFor(() => {
    const [pid] = childrenOf(parent.pid)
    expect(pid).toBeGreaterThan(0)
    return pid as number
  })
  onTestFinished(() => void process.kill(heir, 'SIGKILL'))
  expect(schedulingOf(heir).nice).toBe(-10)
  await applier.apply([])
  expect(schedulingOf(heir)).toEqual(before)
  await applier.close()
})

const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)

test('with a sched_ext scheduler nothing is applied, and what was is put back', async () => {
  const [child, sys] = [sleeper(), testFolder()]
  const before = schedulingOf(child.pid)
  await using applier = (await Applier.open(testFolder(), sys)).applier
  writeFileSync(join(sys, 'state'), 'disabled\n')
  expect(await applier.apply([wish(child)])).toMatchObject({ reason: null, processes: 1 })
  writeFileSync(join(sys, 'state'), 'enabled\n')
  mkdirSync(join(sys, 'root'))
  writeFileSync(join(sys, 'root/ops'), 'gthulhu\n')
  const { reason, processes } = await applier.apply([wish(child)])
  expect(reason).toMatch(/^a sched_ext scheduler \(gthulhu\) runs this machine/)
  expect(processes).toBe(0)
  expect(schedulingOf(child.pid)).toEqual(before)
})

test('without a way to write down what was there, nothing is changed', async () => {
  const child = sleeper()
  const before = schedulingOf(child.pid)
  const folder = join(testFolder(), 'folder')
  const { applier } = await Applier.open(folder)
  writeFileSync(folder, 'a file where the folder should be')
  await expect(applier.apply([wish(child)])).rejects.toThrow(/EEXIST|ENOTDIR/)
  expect(schedulingOf(child.pid)).toEqual(before)
  rmSync(folder)
  await applier.apply([wish(child)])
  expect(schedulingOf(child.pid).nice).toBe(-10)
  await applier.close()
  expect(schedulingOf(child.pid)).toEqual(before)
})

test('10,000 processes are looked through', async () => {
  const child = sleeper()
  // Above the largest number that a process can have.
  const gone = Array.from({ length: 9999 }, (_, i) => wish({ pid: 5_000_000 + i, startTime: '1' }))
  await using applier = (await Applier.open(testFolder())).applier
  const { processes, refused } = await applier.apply([...gone, wish(child)])
  expect([processes, refused.length]).toEqual([1, 9999])
})

test('what does not run with Python says so', async () => {
  vi.stubEnv('PATH', testFolder())
  onTestFinished(() => void vi.unstubAllEnvs())
  await expect(Applier.open(testFolder())).rejects.toThrow('install python3')
  expect(spawnSync('python3').error).toBeDefined()
})
