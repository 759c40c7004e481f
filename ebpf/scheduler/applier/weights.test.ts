import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { Scheduler } from '../strategies/scheduler.ts'
import { applierMissing, schedulingOf, sleeper, TestPods, testFolder, testPod } from '../testing.ts'
import { podWeight, scaled } from './cgroup.ts'
import { wantedOf } from './wanted.ts'

beforeEach(({ skip }) => {
  const missing = applierMissing()
  if (missing !== null) skip(missing)
})

/** A pod's cgroup with a container in it, of the test's own; null where there is no CPU controller to write to. */
function podCgroup(folder: string): { pod: string; container: string; weight: string } | null {
  const places = [
    { root: '/sys/fs/cgroup/cpu', weight: 'cpu.shares' },
    { root: '/sys/fs/cgroup', weight: 'cpu.weight' },
  ]
  const place = places.find(({ root, weight }) => {
    if (!existsSync(join(root, 'cgroup.procs'))) return false
    return weight === 'cpu.shares' || readFileSync(join(root, 'cgroup.subtree_control'), 'utf8').includes('cpu')
  })
  if (place === undefined) return null
  const pod = join(place.root, folder)
  const container = join(pod, 'container')
  try {
    mkdirSync(container, { recursive: true })
  } catch {
    return null
  }
  onTestFinished(async () => {
    for (const pid of readFileSync(join(container, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean))
      process.kill(Number(pid), 'SIGKILL')
    // A cgroup can be removed once its processes are gone, which is after they were killed.
    await vi.waitFor(() => rmdirSync(container), { timeout: 5000 })
    rmdirSync(pod)
  })
  return { pod, container, weight: join(pod, place.weight) }
}

const read = (file: string) => Number(readFileSync(file, 'utf8'))
const noCgroup = 'no cgroup with a CPU controller can be made here: it takes root and a writable /sys/fs/cgroup'

test('the weight of a whole pod goes with its priority, and is put back', async ({ skip }) => {
  const uid = `65979e01-4cb1-4d08-9dba-${process.pid}`
  const cgroup = podCgroup(`kubepods-test-pod${uid.replaceAll('-', '_')}.slice`)
  if (cgroup === null) return skip(noCgroup)
  const [inside, beside] = [sleeper(), sleeper()]
  for (const { pid } of [inside, beside]) writeFileSync(join(cgroup.container, 'cgroup.procs'), String(pid))
  const before = read(cgroup.weight)
  const pods = new TestPods([{ ...testPod('a', 'app=web', inside, beside), uid }])
  await using scheduler = await Scheduler.open(testFolder(), pods)
  const applied = await scheduler.set({ strategies: [{ priority: 4, selector: 'app=web' }] })
  expect(applied).toMatchObject({ processes: 2, weights: 1, refused: [], notes: [] })
  expect(read(cgroup.weight)).toBe(Math.round(before * 1.25 ** 4))
  // Of a pod with another process, only the processes that are meant are changed.
  const stranger = { ...sleeper(), command: 'other' }
  pods.change([{ ...testPod('a', 'app=web', inside, beside, stranger), uid }])
  await scheduler.set({ strategies: [{ priority: 4, selector: 'app=web', command_regex: '^sleep$' }] })
  expect(read(cgroup.weight)).toBe(before)
  expect(schedulingOf(inside.pid).nice).toBe(-4)
  pods.change([{ ...testPod('a', 'app=web', inside), uid }])
  await vi.waitFor(() => expect(read(cgroup.weight)).toBeGreaterThan(before), { timeout: 5000 })
  await scheduler.close()
  expect(read(cgroup.weight)).toBe(before)
})

test('static pods have UIDs without dashes', async ({ skip }) => {
  const uid = `a1b2c3d4e5f60718293a4b5c${process.pid}`
  const cgroup = podCgroup(`pod${uid}`)
  if (cgroup === null) return skip(noCgroup)
  const child = sleeper()
  writeFileSync(join(cgroup.container, 'cgroup.procs'), String(child.pid))
  expect(podWeight(child.pid, uid)?.file).toBe(cgroup.weight)
  expect(podWeight(child.pid, 'another-uid')).toBeNull()
  expect(podWeight(child.pid, '')).toBeNull()
})

test('a pod without a cgroup of its own says so', async () => {
  const child = sleeper()
  await using scheduler = await Scheduler.open(testFolder(), new TestPods([testPod('a', 'app=web', child)]))
  const { notes, weights } = await scheduler.set({ strategies: [{ priority: true, selector: 'app=web' }] })
  expect(weights).toBe(0)
  expect(notes).toContain(`the cgroup of process ${child.pid} is in none of pod uid-a: only its nice value is set`)
})

test('weights are held to their limits', () => {
  const weight = { file: '', limits: [1, 10_000] as const }
  expect(scaled(weight, 100, wantedOf(20, 0n).weightFactor)).toBe(8674)
  expect(scaled(weight, 1000, wantedOf(20, 0n).weightFactor)).toBe(10_000)
  expect(scaled(weight, 10, wantedOf(-20, 0n).weightFactor)).toBe(1)
})
