import { expect, vi } from 'vitest'
import type { Job, Program } from '../provider.ts'
import { test } from '../testing.ts'
import { processStartTime } from './process-table.ts'

function job(code: string, more: Partial<Job> = {}): Job {
  const program: Program = { kind: 'binary', file: process.execPath, args: ['-e', code], version: process.version }
  return { name: 'job', namespace: 'test', program, input: '', timeoutMs: 30_000, onLine: () => {}, ...more }
}

/** Starts a child, tells its pid, and never ends. */
const endless = `
  console.log(require('node:child_process').spawn('sleep', ['600'], { stdio: 'ignore' }).pid)
  setInterval(() => {}, 1000)`

const gone = (pid: number) => vi.waitFor(() => expect(processStartTime(pid)).toBeNull(), { timeout: 5000 })

test('a job reads its input, and its lines come one by one', async ({ cluster }) => {
  const lines: string[] = []
  const code = `process.stdin.on('data', (data) => process.stdout.write(data + process.env.TAIL)).on('end', () => console.error('done'))`
  await cluster.run(job(code, { input: 'one\ntwo\n', env: { TAIL: 'three' }, onLine: (line) => lines.push(line) }))
  expect(lines).toEqual(['one', 'two', 'three'])
})

test('a job that fails shows its command and the end of its stderr', async ({ cluster }) => {
  const failed = cluster.run(job(`console.error('no target'); process.exit(4)`, { input: 'x'.repeat(1_000_000) }))
  await expect(failed).rejects.toMatchObject({ code: 'CLUSTER_JOB_FAILED' })
  await expect(failed).rejects.toThrow(
    /^job in test failed after [\d.]+ s: exit code 4\n {2}command: .*\n.*no target$/s,
  )
})

test('a job that takes too long is ended with what it started', async ({ cluster }) => {
  const pids: number[] = []
  const failed = cluster.run(job(endless, { timeoutMs: 3000, onLine: (line) => pids.push(Number(line)) }))
  await expect(failed).rejects.toThrow('job in test was stopped after its limit of 3 s')
  expect(pids).toHaveLength(1)
  await gone(pids[0] as number)
})

test('a job is over when its program ends, though what it started holds on to its output', async ({ cluster }) => {
  const pids: number[] = []
  const code = `
    const { pid } = require('node:child_process').spawn('sleep', ['600'], { stdio: 'inherit' })
    console.log(pid)
    process.exit()`
  await cluster.run(job(code, { onLine: (line) => pids.push(Number(line)) }))
  await gone(pids[0] as number)
})

test('an abort ends the whole group and is the cause', async ({ cluster }) => {
  const abort = new AbortController()
  const reason = new Error('interrupted')
  const pids: number[] = []
  const onLine = (line: string) => {
    pids.push(Number(line))
    abort.abort(reason)
  }
  await expect(cluster.run(job(endless, { signal: abort.signal, onLine }))).rejects.toMatchObject({
    code: 'CLUSTER_JOB_FAILED',
    cause: reason,
  })
  await gone(pids[0] as number)
  await expect(cluster.run(job(endless, { signal: abort.signal }))).rejects.toThrow('stopped before it started')
})

test('what a line’s reader throws ends the job and comes out', async ({ cluster }) => {
  const onLine = () => {
    throw new Error('not what I expected')
  }
  await expect(cluster.run(job(endless, { onLine }))).rejects.toThrow('not what I expected')
})
