import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { expect, onTestFinished } from 'vitest'
import { local } from '../providers/local.ts'
import { test } from '../testing.ts'
import { CpuGroups, cpuGroupsMissing } from './cpu-groups.ts'

/** The lines of /proc/PID/cgroup that name a CPU controller, or cgroup v2's one line. */
const groupsOf = (pid: number) => readFileSync(`/proc/${pid}/cgroup`, 'utf8')

function sleeper(): number {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child.pid ?? 0
}

test('pods get groups of their own, and leave them as they came', async ({ ref, skip }) => {
  const missing = cpuGroupsMissing()
  if (missing !== null) skip(missing)
  const [one, other] = [sleeper(), sleeper()]
  const before = groupsOf(one)
  const groups = CpuGroups.open(ref)
  groups.put('a1', [one])
  groups.put('b2', [other, 2 ** 22])
  expect(groupsOf(one)).toMatch(new RegExp(`/meshmark-${process.pid}-.*/poda1$`, 'm'))
  expect(groupsOf(other)).toMatch(/\/podb2$/m)
  await groups[Symbol.asyncDispose]()
  expect([groupsOf(one), groupsOf(other)]).toEqual([before, before])
})

test('groups of a run that was killed are found and removed; those of one that lives are not', async ({
  ref,
  skip,
}) => {
  const missing = cpuGroupsMissing()
  if (missing !== null) skip(missing)
  const runId = `${ref.runId}-killed`
  const url = (file: string) => JSON.stringify(new URL(file, import.meta.url).href)
  const program = `
    const { CpuGroups } = await import(${url('./cpu-groups.ts')})
    const { ownerOf } = await import(${url('./label.ts')})
    CpuGroups.open({ runId: ${JSON.stringify(runId)}, owner: ownerOf(process.pid) }).put('c3', [process.pid])
    console.log('there')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(createInterface({ input: child.stdout }), 'line')
  const orphan = async () => (await local.orphans()).find((one) => one.runId === runId)
  expect(await orphan()).toBeUndefined()
  child.kill('SIGKILL')
  await once(child, 'exit')
  const left = await orphan()
  expect(left?.description).toBe(`CPU groups of run ${runId}, whose process ${child.pid} is gone`)
  await left?.reap()
  expect(await orphan()).toBeUndefined()
})
