import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { keepRunTimes, keepsRunTimes } from '../bpftrace/run-times.ts'
import { mean, percentile } from '../reading.ts'
import { measured, ofSource, skipWithout, startCommand, startNode } from '../testing.ts'
import { offcpu } from './offcpu.ts'
import { runqueue } from './runqueue.ts'
import { softirq } from './softirq.ts'
import { syscalls } from './syscalls.ts'

/** The kernel's own count of the time that a process's threads waited for a CPU; null where it keeps none. */
function waitedUs(pid: number): number | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const ns = threads.map((tid) => Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[1]))
    return ns.reduce((sum, one) => sum + one, 0) / 1000
  } catch {
    return null
  }
}

const spin = "console.log('on'); for (;;) {}"
const pinnedSpin = () => startCommand('taskset', ['-c', '0', process.execPath, '-e', spin])

test('runqueue: two programs that want one CPU each wait half of the time', { timeout: 120_000 }, async ({ skip }) => {
  await skipWithout(runqueue, skip)
  await using one = await pinnedSpin()
  await using other = await pinnedSpin()
  await using attachment = await runqueue.attach()
  const before = waitedUs(one.pid)
  await sleep(1500)
  const after = waitedUs(one.pid)
  const reading = await measured(attachment)
  const [mine, others] = [one, other].map(({ pid }) => ofSource(reading, { pid }, 'runqueue'))
  const share = ((mine?.sum ?? 0) + (others?.sum ?? 0)) / (reading.seconds * 1e6)
  // Somebody is always waiting, and besides for whatever else runs on that CPU: never less than 1 of 2.
  expect(share).toBeGreaterThan(0.8)
  expect(share).toBeLessThan(2)
  // What else runs there cuts some waits short.
  expect(percentile(mine as never, 90)).toBeGreaterThan(500)
  // The kernel's own sum of the same waits; ours began and ended a little outside of it.
  if (before !== null && after !== null) {
    const kernelShare = (after - before) / 1.5e6
    expect((mine?.sum ?? 0) / (reading.seconds * 1e6)).toBeGreaterThan(kernelShare * 0.8)
    expect((mine?.sum ?? 0) / (reading.seconds * 1e6)).toBeLessThan(kernelShare * 1.25 + 0.05)
  }
})

test('runqueue: the idle task never waits', { timeout: 120_000 }, async ({ skip }) => {
  await skipWithout(runqueue, skip)
  await using attachment = await runqueue.attach()
  await sleep(500)
  const reading = await measured(attachment)
  expect(reading.series.length).toBeGreaterThan(0)
  expect(reading.series.filter(({ source }) => source.pid === undefined)).toEqual([])
})

test('runqueue: a target leaves the others out', { timeout: 120_000 }, async ({ skip }) => {
  await skipWithout(runqueue, skip)
  await using child = await startNode(spin)
  await using attachment = await runqueue.attach({ pid: child.pid })
  await sleep(700)
  const reading = await measured(attachment)
  expect(new Set(reading.series.map(({ source }) => source.pid))).toEqual(new Set([child.pid]))
})

test('runqueue: a target that cannot be is refused, every field of it', { timeout: 120_000 }, async () => {
  await expect(runqueue.attach({ pid: -1, netns: 1.5, colour: 'red' } as never)).rejects.toMatchObject({
    code: 'EBPF_TARGET_INVALID',
    message: expect.stringMatching(/3 wrong\n {2}pid: received -1; .*\n {2}netns: received 1\.5; .*\n.*colour/s),
  })
})

test('runqueue: what it cost is in its reading where the kernel keeps run times, and absent otherwise', {
  timeout: 120_000,
}, async ({ skip }) => {
  await skipWithout(runqueue, skip)
  const reading = async () => {
    await using attachment = await runqueue.attach()
    await sleep(300)
    return await measured(attachment)
  }
  if (!keepsRunTimes()) expect((await reading()).cost).toBeNull()
  await using _ = await keepRunTimes()
  const { cost, seconds } = await reading()
  expect(cost?.runs).toBeGreaterThan(0)
  expect(cost?.runTimeMs).toBeGreaterThan(0)
  expect(cost?.runTimeMs).toBeLessThan(seconds * 1000)
})

test('offcpu: a sleep of 500 ms is one of 500 ms', { timeout: 120_000 }, async ({ skip }) => {
  await skipWithout(offcpu, skip)
  await using attachment = await offcpu.attach()
  await using child = await startCommand('sh', ['-c', 'echo on; exec sleep 0.5'])
  await sleep(1500)
  const slept = ofSource(await measured(attachment), { pid: child.pid }, 'offcpu')
  expect(slept.sum).toBeGreaterThan(500_000)
  expect(slept.sum).toBeLessThan(1_000_000)
  const longest = slept.buckets.at(-1)
  expect(longest?.max).toBeGreaterThan(500_000)
  expect(longest?.min).toBeLessThan(500_000 * 1.2)
  expect(longest?.count).toBe(1)
})

test("softirq: as many as the kernel's own count", { timeout: 120_000 }, async ({ skip }) => {
  await skipWithout(softirq, skip)
  const timers = () => {
    const [, counts = ''] = /^\s*TIMER:(.*)$/m.exec(readFileSync('/proc/softirqs', 'utf8')) ?? []
    return counts
      .trim()
      .split(/\s+/)
      .map(Number)
      .reduce((sum, one) => sum + one, 0)
  }
  const outerStart = timers()
  await using attachment = await softirq.attach()
  const innerStart = timers()
  await sleep(1000)
  const inner = timers() - innerStart
  const reading = await measured(attachment)
  const outer = timers() - outerStart
  const ours = ofSource(reading, {}, 'TIMER')
  // One may be under way at either end, and the kernel skips our program while any other is at work on that CPU.
  expect(ours.count).toBeGreaterThanOrEqual(inner - 2 - (reading.missedEvents ?? 0))
  expect(ours.count).toBeLessThanOrEqual(outer)
  expect(mean(ours)).toBeGreaterThan(0)
  expect(reading.series.every(({ source }) => source.pid === undefined && source.netns === undefined)).toBe(true)
})

test('syscalls: each of 5,000 reads and writes is counted, by what it is for', { timeout: 120_000 }, async ({
  skip,
}) => {
  await skipWithout(syscalls, skip)
  await using attachment = await syscalls.attach()
  const args = ['-c', 'echo on; exec dd if=/dev/zero of=/dev/null bs=1 count=5000 status=none']
  await using child = await startCommand('sh', args)
  await sleep(1500)
  const reading = await measured(attachment)
  // Its loader reads a file or two besides.
  for (const kind of ['read', 'write']) {
    const { count } = ofSource(reading, { pid: child.pid }, kind)
    expect(count, kind).toBeGreaterThanOrEqual(5000)
    expect(count, kind).toBeLessThan(5020)
  }
  expect(ofSource(reading, { pid: process.pid }, 'wait').count).toBeGreaterThan(0)
})
