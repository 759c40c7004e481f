import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, vi } from 'vitest'
import { local } from '../providers/local.ts'
import { test as base, inlineProgram } from '../testing.ts'
import { isAlive, killRun, orphans, ownerOf, podProcesses } from './label.ts'
import { processStartTime } from './process-table.ts'

/** Another process with a run of its own: one pod, whose program has a child in a session of its own. */
interface OtherRun {
  process: ChildProcess
  runId: string
  pids: number[]
}

const server = `
  const child = require('node:child_process').spawn('sleep', ['600'], { stdio: 'ignore', detached: true })
  require('node:http').createServer((request, response) => response.end(JSON.stringify([process.pid, child.pid])))
    .listen(process.env.PORT_HTTP, process.env.HOST)`

const test = base.extend('other', async ({ ref }, { onCleanup }): Promise<OtherRun> => {
  const runId = `${ref.runId}-other`
  const owner = `
    const { local } = await import(${JSON.stringify(new URL('../providers/local.ts', import.meta.url).href)})
    const cluster = await local.connect(await local.provision(${JSON.stringify({ runId, workDir: `${ref.workDir}/other` })}))
    const pod = await cluster.deploy({ ...${JSON.stringify(inlineProgram('pod', ''))}, program: () => (
      { kind: 'binary', file: process.execPath, args: ['-e', ${JSON.stringify(server)}], version: '' }) })
    console.log(await (await fetch('http://' + pod.host + ':' + pod.ports.http)).text())
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', owner], { stdio: ['ignore', 'pipe', 'inherit'] })
  onCleanup(() => {
    child.kill('SIGKILL')
    killRun(runId)
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return { process: child, runId, pids: JSON.parse(line) }
})

const running = (pids: number[]) => pids.filter((pid) => processStartTime(pid) !== null)
const gone = (pids: number[]) => vi.waitFor(() => expect(running(pids)).toEqual([]), { timeout: 5000 })
const orphan = async ({ runId }: OtherRun) => (await local.orphans()).find((run) => run.runId === runId)

test('a run is no orphan while its process lives; once that is killed, it is found and reaped', async ({
  other,
  cluster,
}) => {
  const ours = await cluster.deploy(inlineProgram('ours', server))
  expect(await orphan(other)).toBeUndefined()

  other.process.kill('SIGKILL')
  await once(other.process, 'exit')
  expect(running(other.pids)).toEqual(other.pids)
  const left = await orphan(other)
  expect(left?.description).toMatch(/^2 processes of run .*-other, whose process \d+ is gone$/)
  await left?.reap()
  await gone(other.pids)

  expect(ours.running()).toBe(true)
  expect(orphans().map(({ runId }) => runId)).not.toContain(cluster.ref.runId)
})

test('ending a run is done when the call returns, and leaves other runs alone', async ({ other, cluster }) => {
  const ours = await cluster.deploy(inlineProgram('ours', server))
  killRun(other.runId)
  expect(running(other.pids)).toEqual([])
  expect(ours.running()).toBe(true)
  expect(isAlive(ownerOf(other.process.pid ?? 0))).toBe(true)
  killRun(cluster.ref.runId)
  await vi.waitFor(() => expect(ours.running()).toBe(false))
})

test('a run whose id another one begins with is another run', async ({ other, ref }) => {
  killRun(ref.runId)
  killRun(other.runId.slice(0, -1))
  expect(running(other.pids)).toEqual(other.pids)
})

test('processes say which pod they are of, also those that a pod has started', async ({ other, cluster }) => {
  await cluster.deploy(inlineProgram('ours', server))
  const found = podProcesses(other.runId)
  expect(found.map(({ pid }) => pid).sort()).toEqual(other.pids.toSorted())
  for (const { pid, ...rest } of found)
    expect(rest).toEqual({ startTime: processStartTime(pid), runId: other.runId, namespace: 'test', pod: 'pod' })
  const all = podProcesses().map(({ pod }) => pod)
  expect(all).toEqual(expect.arrayContaining(['pod', 'ours']))
})

test('a process number that was given again is not the owner', () => {
  const { pid, startTime } = ownerOf(process.pid)
  expect(isAlive({ pid, startTime })).toBe(true)
  expect(isAlive({ pid, startTime: '1' })).toBe(false)
  expect(isAlive({ pid: 2 ** 30, startTime })).toBe(false)
})
