import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killRun, type Owner, ownerOf } from '../../clusters/local/label.ts'

/** What a run owns on this machine outside its `--out` folder; all of it goes when the run ends, however it ends. */
export interface Run {
  id: string
  /** Holds certificates, rendered configuration, bundles and logs while the run lasts. */
  workDir: string
}

export const workDirPrefix = 'meshmark-'
/** Beside what a run made, it names the process that answers for it. */
export const ownerFile = 'owner.json'

/** The time of the start and a random tail. */
export function newRunId(now = new Date()): string {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  return `${time}-${randomBytes(3).toString('hex')}`
}

/** Opens a run: from here on this process answers for it. */
export function openRun(id: string): Run {
  const workDir = join(tmpdir(), `${workDirPrefix}${id}`)
  mkdirSync(workDir, { mode: 0o700 })
  writeFileSync(
    join(workDir, ownerFile),
    JSON.stringify({ runId: id, ...ownerOf(process.pid) } satisfies Owner & { runId: string }),
  )
  return { id, workDir }
}

/**
 * Removes all that is left of a run, at once and synchronously, so that a signal handler can call it. The folder goes first:
 * a deployment that another thread is just starting then fails, as its folder is gone, instead of slipping through.
 */
export function closeRun({ id, workDir }: Run): void {
  rmSync(workDir, { recursive: true, force: true })
  killRun(id)
  rmSync(workDir, { recursive: true, force: true })
}

/**
 * Sees to it that the run is closed when the process ends, by itself or by a signal; `abandon` is called after it, once, for what takes
 * longer than a process that was told to end has. Answers how to stop watching.
 */
export function closeOnExit(run: Run, abandon: () => void = () => {}): () => void {
  let closed = false
  const close = () => {
    closeRun(run)
    if (!closed) abandon()
    closed = true
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  // Before the handlers of the test runner, which exit at once.
  for (const signal of signals) process.prependListener(signal, close)
  process.on('exit', close)
  return () => {
    for (const signal of signals) process.off(signal, close)
    process.off('exit', close)
  }
}
