import { beforeEach, expect, test, vi } from 'vitest'
import { applierMissing, schedulingOf, sleeper, TestPods, testFolder, testPod } from '../testing.ts'
import { Scheduler } from './scheduler.ts'

beforeEach(({ skip }) => {
  const missing = applierMissing()
  if (missing !== null) skip(missing)
})

const favoured = {
  strategies: [{ priority: true, execution_time: 20_000_000, selectors: [{ key: 'nf', value: 'upf' }] }],
}

test('a label that is put on a pod changes how its processes run, and one that is taken off puts it back', async () => {
  const child = sleeper()
  const before = schedulingOf(child.pid)
  const pods = new TestPods([testPod('a', 'nf=amf', child)])
  await using scheduler = await Scheduler.open(testFolder(), pods)
  expect(await scheduler.set(favoured)).toMatchObject({ reason: null, processes: 0 })
  expect(scheduler.reports()).toMatchObject([{ state: 'waiting', reason: 'no pod of 1 here has these labels yet' }])
  pods.change([testPod('a', 'nf=upf', child)])
  await vi.waitFor(() => expect(schedulingOf(child.pid).nice).toBe(-10), { timeout: 10_000, interval: 5 })
  expect(scheduler.processes()).toEqual([{ priority: true, executionTimeNs: 20_000_000n, pid: child.pid }])
  pods.change([testPod('a', '', child)])
  await vi.waitFor(() => expect(schedulingOf(child.pid)).toEqual(before), { timeout: 10_000 })
  expect(scheduler.processes()).toEqual([])
})

test('a wrong set is refused as a whole, and the one before stays', async () => {
  const child = sleeper()
  await using scheduler = await Scheduler.open(testFolder(), new TestPods([testPod('a', 'nf=upf', child)]))
  await scheduler.set(favoured)
  const wrong = [{ pid: child.pid }, { pid: 1 }, { pid: process.pid, priority: true }]
  expect(() => scheduler.set({ strategies: wrong })).toThrow(
    /strategies: 2 wrong fields\n {2}strategies\.1\.pid: process 1 .*\n {2}strategies\.2\.pid: process \d+ \(.+\) is meshmark itself/,
  )
  expect(() => scheduler.set({ strategies: [{}] })).toThrow('a pid, or selectors')
  expect(scheduler.reports()).toMatchObject([{ state: 'active', processes: 1 }])
  expect(schedulingOf(child.pid).nice).toBe(-10)
  await scheduler.set({ strategies: [] })
  expect(schedulingOf(child.pid).nice).not.toBe(-10)
})

test("the original's example names a process that is not here: it waits, and says so", async () => {
  await using scheduler = await Scheduler.open(testFolder(), new TestPods())
  await scheduler.set({
    strategies: [...favoured.strategies, { priority: false, execution_time: 10_000_000, pid: 4_194_305 }],
  })
  expect(scheduler.reports().map(({ state }) => state)).toEqual(['waiting', 'waiting'])
})
