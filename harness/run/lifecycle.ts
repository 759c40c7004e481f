import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive, killRun, type Owner, ownerOf } from '../../clusters/local/label.ts'
import { HarnessError } from '../errors.ts'
import { checkFolder, makeFolder } from '../writable.ts'
import { forgetWorktrees, notedWorktrees } from './worktrees.ts'

/** What a run owns on this machine beside its files; all of it goes when the run ends, however it ends. */
export interface RunClaim {
  id: string
  /** The folder of its files, which no other run may write to meanwhile. */
  out: string
  /** Holds certificates, rendered configuration, bundles and logs while the run lasts. */
  workDir: string
}

export const workDirPrefix = 'meshmark-'
/** Where the work folder of a run is, or will be. */
export const workDirOf = (id: string) => join(tmpdir(), `${workDirPrefix}${id}`)
/** Beside what a run made, it names the process that owns the run. */
export const ownerFile = 'owner.json'
const lockFile = '.meshmark-run.json'

/** The process that owns a run, as such files name it. */
type RunOwner = Owner & { runId: string }

/** The time of the start and a random tail. */
export function newRunId(now = new Date()): string {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  return `${time}-${randomBytes(3).toString('hex')}`
}

/**
 * Makes this process the owner of a run and of the folder of its files, and gives the run its work folder. Throws HarnessError
 * CONFIG_INVALID, before it leaves anything, when one of them cannot be written or another run writes to `out`.
 */
export function claimRun(id: string, out: string): RunClaim {
  const workDir = workDirOf(id)
  checkFolder(`the temporary folder ${tmpdir()} (TMPDIR)`, tmpdir())
  makeFolder(`--out ${out}`, out)
  lock(id, out)
  mkdirSync(workDir, { mode: 0o700 })
  writeFileSync(join(workDir, ownerFile), ownerText(id))
  return { id, out, workDir }
}

const ownerText = (id: string) => JSON.stringify({ runId: id, ...ownerOf(process.pid) } satisfies RunOwner)

function lock(id: string, out: string): void {
  const file = join(out, lockFile)
  const other = readOwner(file)
  if (other && isAlive(other))
    throw new HarnessError(
      'CONFIG_INVALID',
      `--out ${out}: run ${other.runId} (process ${other.pid}) writes there; wait for it, or name another folder`,
    )
  // Of a run that was killed.
  rmSync(file, { force: true })
  writeFileSync(file, ownerText(id), { flag: 'wx' })
}

/** Null where the file is not there, or names no owner. */
export function readOwner(file: string): RunOwner | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

/**
 * Removes all that is left of a run, at once and synchronously, so that a signal handler can call it. The folder goes first:
 * a deployment that another thread is just starting then fails, as its folder is gone, instead of slipping through.
 */
export function releaseRun({ id, out, workDir }: RunClaim): void {
  const worktrees = notedWorktrees(workDir)
  rmSync(workDir, { recursive: true, force: true })
  killRun(id)
  rmSync(workDir, { recursive: true, force: true })
  forgetWorktrees(worktrees)
  rmSync(join(out, lockFile), { force: true })
  try {
    rmdirSync(out)
  } catch {
    // It has files, as it should.
  }
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
