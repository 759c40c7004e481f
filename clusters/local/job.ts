import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import writeFileAtomic from 'write-file-atomic'
import { secondsSince } from '../elapsed.ts'
import { ClusterError } from '../errors.ts'
import { beginVariable } from '../job.ts'
import { openLog, tailOf } from '../logs.ts'
import type { Job } from '../provider.ts'
import { startChild } from './child.ts'

type Copy = Omit<Job, 'input' | 'onLine'> & { input: string; onLine(line: string): void }

/**
 * Runs a job: one copy of its program for each input, all at once. The first that fails ends the others, and is thrown
 * when all have ended. On `cpus` alone, where they are given.
 */
export async function runJobProcesses(
  job: Job,
  label: Record<string, string>,
  logDir: string,
  cpus: string | null,
): Promise<void> {
  const inputs = typeof job.input === 'string' ? [job.input] : job.input
  const others = new AbortController()
  const signal = job.signal ? AbortSignal.any([job.signal, others.signal]) : others.signal
  let first: { error: unknown } | undefined
  await Promise.all(
    inputs.map((input, copy) =>
      runCopy({ ...job, signal, input, onLine: (line) => job.onLine(line, copy) }, label, logDir, cpus).catch(
        (error) => {
          first ??= { error }
          others.abort(error)
        },
      ),
    ),
  )
  if (first) throw first.error
}

/**
 * Runs a program to its end: `input` on its stdin, its stdout line by line to `onLine`, its stderr to a log.
 *
 * @throws ClusterError CLUSTER_JOB_FAILED when it exits non-zero, takes longer than `timeoutMs` or is aborted (the
 * signal's reason is then the cause). The whole process group has ended by then. What `onLine` throws is thrown on.
 */
async function runCopy(job: Copy, label: Record<string, string>, logDir: string, cpus: string | null): Promise<void> {
  if (job.signal?.aborted) throw failure(job, 'was stopped before it started', job.signal.reason)
  const log = await openLog(logDir, job.namespace, job.name)
  const startedAt = performance.now()
  const beginFile = `${log.path}.begin`
  const env = { ...label, ...job.env, ...(job.begin ? { [beginVariable]: beginFile } : {}) }
  const child = startChild(job.program, env, ['pipe', 'pipe', log.fd], cpus)
  await log.close()
  const stop = Promise.withResolvers<never>()
  const stopped = (what: string, cause?: unknown) => stop.reject(failure(job, what, cause))
  const timer = setTimeout(() => stopped(`was stopped after its limit of ${job.timeoutMs / 1000} s`), job.timeoutMs)
  const onAbort = () => stopped(`was stopped after ${secondsSince(startedAt)}`, job.signal?.reason)
  job.signal?.addEventListener('abort', onAbort)
  try {
    // A program that ends without reading its input is judged by its exit code, not by a broken pipe.
    child.process.stdin?.on('error', () => {})
    child.process.stdin?.end(job.input)
    sendLines(job, (text) => writeFileAtomic(beginFile, text, { fsync: false })).catch((cause) =>
      stopped('could not be sent its begin line', cause),
    )
    await Promise.race([Promise.all([readLines(child.process.stdout, job.onLine), child.ended]), stop.promise])
    const { code, words } = await child.ended
    if (code !== 0) {
      throw failure(
        job,
        `failed after ${secondsSince(startedAt)}: ${words}\n` +
          `  command: ${child.commandLine}\n  last of stderr:\n${await tailOf(log.path)}`,
      )
    }
  } finally {
    clearTimeout(timer)
    job.signal?.removeEventListener('abort', onAbort)
    await child.kill()
    await rm(beginFile, { force: true })
  }
}

/** The program looks for the file: it must find whole lines. */
async function sendLines({ begin, end }: Copy, write: (text: string) => Promise<void>): Promise<void> {
  const first = await begin
  if (first === undefined) return
  await write(`${first}\n`)
  const second = await end
  if (second !== undefined) await write(`${first}\n${second}\n`)
}

async function readLines(stdout: NodeJS.ReadableStream | null, onLine: (line: string) => void): Promise<void> {
  if (!stdout) return
  for await (const line of createInterface({ input: stdout, crlfDelay: Number.POSITIVE_INFINITY })) onLine(line)
}

function failure(job: Copy, what: string, cause?: unknown): ClusterError {
  return new ClusterError('CLUSTER_JOB_FAILED', `${job.name} in ${job.namespace} ${what}`, { cause })
}
