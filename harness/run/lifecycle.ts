import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killRun, type Owner, ownerOf } from '../../clusters/local/label.ts'

/** What a run owns on this machine outside its `--out` folder; all of it goes when the run ends, however it ends. */
export interface RunClaim {
  id: string
  /** Holds certificates, rendered configuration, bundles and logs while the run lasts. */
  workDir: string
}

export const workDirPrefix = 'meshmark-'
/** Beside what a run made, it names the process that owns the run. */
export const ownerFile = 'owner.json'

/** The time of the start and a random tail. */
export function newRunId(now = new Date()): string {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  return `${time}-${randomBytes(3).toString('hex')}`
}

/** Makes this process the owner of a run, and gives the run its work folder. */
export function claimRun(id: string): RunClaim {
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
export function releaseRun({ id, workDir }: RunClaim): void {
  rmSync(workDir, { recursive: true, force: true })
  killRun(id)
  rmSync(workDir, { recursive: true, force: true })
}

/**
 * Releases the run when the process ends, by itself or by a signal. Then calls `abandon`, once, for what takes longer than a process
 * has that was asked to end. Returns a function that stops watching.
 */
export function releaseOnExit(claim: RunClaim, abandon: () => void = () => {}): () => void {
  let released = false
  const release = () => {
    releaseRun(claim)
    if (!released) abandon()
    released = true
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  // Before the handlers of the test runner, which exit at once.
  for (const signal of signals) process.prependListener(signal, release)
  process.on('exit', release)
  return () => {
    for (const signal of signals) process.off(signal, release)
    process.off('exit', release)
  }
}
