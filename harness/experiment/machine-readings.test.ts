import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { hasProc } from '../../clusters/local/process-table.ts'
import { cpuTimes, readMachine, sharesBetween, waitedUs } from './machine-readings.ts'

test("the kernel's files are read, and guests are not counted twice", () => {
  expect(cpuTimes('cpu  100 20 30 400 50 6 7 8 90 9\ncpu0 1 2 3 4 5 6 7 8 9 9\n')).toEqual({
    busy: 163,
    stolen: 8,
    all: 621,
  })
  expect(cpuTimes('intr 1 2 3\n')).toBeNull()
  const pressure = 'some avg10=7.55 avg60=2.58 avg300=2.14 total=6549839334\nfull avg10=0.00 avg60=0.00 total=0\n'
  expect(waitedUs(pressure)).toBe(6549839334)
  expect(waitedUs('')).toBeNull()
})

test('shares are those of the time between two readings, never below 0, and null where one of them is', () => {
  const before = { cpu: { busy: 1000, stolen: 10, all: 5000 }, ownTicks: 200, pressureUs: 1e6, atMs: 0 }
  const after = { cpu: { busy: 1120, stolen: 20, all: 5200 }, ownTicks: 260, pressureUs: 1.25e6, atMs: 1000 }
  expect(sharesBetween(before, after)).toEqual({ stealShare: 0.05, foreignCpuShare: 0.3, pressureShare: 0.25 })
  expect(sharesBetween(before, { ...after, ownTicks: 400 }).foreignCpuShare).toBe(0)
  expect(sharesBetween(before, { ...after, ownTicks: null, pressureUs: null })).toEqual({
    stealShare: 0.05,
    foreignCpuShare: null,
    pressureShare: null,
  })
  expect(sharesBetween({ ...before, cpu: null }, { ...after, cpu: null })).toEqual({
    stealShare: null,
    foreignCpuShare: null,
    pressureShare: 0.25,
  })
  expect(sharesBetween(before, before).stealShare).toBeNull()
})

test('what descends from a process is counted as its own, also what has ended, and nothing else', async ({ skip }) => {
  if (!hasProc) skip('no /proc here')
  const spin = 'const until = process.cpuUsage().user + 300_000; while (process.cpuUsage().user < until);'
  const nested = `require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(spin)}])`
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  const roots = { own: [process.pid], stranger: [stranger.pid ?? 0] }
  const ticks = () => [roots.own, roots.stranger].map((pids) => readMachine(pids, 0).ownTicks ?? 0)
  try {
    const [own = 0] = ticks()
    const strange = ticks()[1] as number
    const parent = spawn(process.execPath, ['-e', nested], { stdio: 'ignore' })
    await once(parent, 'exit')
    const [ownAfter = 0, strangeAfter = 0] = ticks()
    // 0.3 s are 30 ticks of the usual 10 ms.
    expect(ownAfter - own).toBeGreaterThan(25)
    expect(strangeAfter - strange).toBeLessThan(25)
    expect(readMachine(null, 0).ownTicks).toBeNull()
  } finally {
    stranger.kill('SIGKILL')
  }
})
