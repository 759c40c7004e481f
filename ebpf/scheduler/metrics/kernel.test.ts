import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { readProcess } from '../process.ts'
import { testFolder } from '../testing.ts'
import { metricNames } from './definitions.ts'
import { readKernel } from './kernel.ts'
import { processTimes } from './process-times.ts'

test('every metric is measured, or absent with its reason', async ({ skip }) => {
  if (process.platform !== 'linux') skip('there is no /proc here')
  const { values, absent } = await readKernel()
  expect([...Object.keys(values), ...Object.keys(absent)].sort()).toEqual(metricNames.toSorted())
  expect(Number(values.nr_online_cpus)).toBeGreaterThanOrEqual(availableParallelism())
  expect(Number(values.kernel_runnable_tasks)).toBeGreaterThan(0)
  expect(absent.nr_queued).toBe('only a userspace scheduler (sched_ext) knows it, and none sends metrics')
  const later = await readKernel()
  expect(later.values.kernel_context_switches).toBeGreaterThan(values.kernel_context_switches ?? 0n)
})

// Written by hand after the kernel's Documentation/scheduler/sched-stats.rst: the kernel of the test may be built without the file.
const schedstat = `version 17
timestamp 4295123456
cpu0 0 0 0 0 0 0 1500000000 250000000 4000
domain0 MC 00000003 10 9 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
cpu1 0 0 0 0 0 0 500000000 50000000 1000
`

test('CPUs of /proc/schedstat are added up; what is missing says how to get it', async () => {
  const root = testFolder()
  for (const folder of ['proc/pressure', 'sys/devices/system/cpu']) mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'proc/schedstat'), schedstat)
  writeFileSync(join(root, 'sys/devices/system/cpu/online'), '0-3,8,10-11\n')
  writeFileSync(join(root, 'proc/stat'), 'cpu  1 2 3\nbtime 5\n')
  const { values, absent } = await readKernel(root)
  expect(values).toEqual({
    ...{ kernel_run_ns: 2_000_000_000n, kernel_wait_ns: 300_000_000n, kernel_slices: 5000n },
    nr_online_cpus: 7n,
  })
  expect(absent.kernel_cpu_stalled_us).toBe('/proc/pressure/cpu cannot be read (ENOENT): boot with psi=1')
  expect(absent.kernel_context_switches).toContain('/proc/stat cannot be read')
})

test('times of a process are of its threads, and of no other that got its number', async ({ skip }) => {
  if (process.platform !== 'linux') skip('there is no /proc here')
  const child = spawn('sleep', ['60'])
  onTestFinished(() => void child.kill('SIGKILL'))
  const id = readProcess(child.pid ?? 0)
  if (id === null) throw new Error('the child did not start')
  if (processTimes(id) === null) return skip('it takes a kernel with CONFIG_SCHED_INFO')
  // It may not have run yet.
  await vi.waitFor(() => expect(processTimes(id)?.runNs).toBeGreaterThan(0n))
  expect(processTimes({ ...id, startTime: '1' })).toBeNull()
  const own = readProcess(process.pid)
  expect(own && processTimes(own)?.runNs).toBeGreaterThan(processTimes(id)?.runNs ?? 0n)
})
