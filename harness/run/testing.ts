import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa, type Subprocess } from 'execa'
import { afterAll, onTestFinished, type TestContext } from 'vitest'
import { runVariable } from '../../clusters/local/label.ts'
import { processesWith } from '../../clusters/local/process-table.ts'
import { workDirPrefix } from './lifecycle.ts'

export const root = join(import.meta.dirname, '../..')

interface Ended {
  exitCode?: number
  stdout: string
  stderr: string
}

type Finished = Pick<TestContext, 'onTestFinished'>

// Runs of these tests keep to a temporary folder of their own, so that somebody's run beside them is not taken for theirs.
const ownTmp = mkdtempSync(join(tmpdir(), 'meshmark-testing-'))
afterAll(() => rmSync(ownTmp, { recursive: true, force: true }))

/** The command line as a user calls it, from the sources; never throws for an exit code. It ends with its test, whose folder it would make anew. */
export function meshmark(args: readonly string[], env: Record<string, string> = {}) {
  return started(args, { TMPDIR: ownTmp, ...env }, { onTestFinished })
}

/** What runs of these tests have left on this machine: processes that carry a run's label, and work folders. */
export function leftovers(tmp = ownTmp): { processes: number[]; folders: string[] } {
  return {
    processes: processesWith(`${runVariable}=`)
      .filter(({ environment }) => environment.split('\0').includes(`TMPDIR=${tmp}`))
      .map(({ pid }) => pid),
    folders: readdirSync(tmp).filter((name) => name.startsWith(workDirPrefix)),
  }
}

/** `meshmark` and `leftovers` for one of several tests that run at once: none sees the runs of another. What a failed one leaves is removed. */
export function apart({ onTestFinished }: Finished) {
  const folder = mkdtempSync(join(ownTmp, 'apart-'))
  const env = { TMPDIR: join(folder, 'tmp') }
  mkdirSync(env.TMPDIR)
  const left = () => leftovers(env.TMPDIR)
  // Before this, what the test has started is ended: the last is called first.
  onTestFinished(async () => {
    const { processes, folders } = left()
    if (processes.length + folders.length > 0) await started(['clean'], env, null)
  })
  return {
    /** A folder of the test's own, in which there is nothing else. */
    folder: mkdtempSync(join(folder, 'own-')),
    meshmark: (args: readonly string[], more: Record<string, string> = {}) =>
      started(args, { ...env, ...more }, { onTestFinished }),
    leftovers: left,
  }
}

function started(
  args: readonly string[],
  env: Record<string, string>,
  test: Finished | null,
): Promise<Ended> & Pick<Subprocess, 'kill' | 'stderr' | 'pid'> {
  const child = execa(process.execPath, [join(root, 'harness/commands/cli.ts'), ...args], {
    cwd: root,
    env,
    reject: false,
    stdin: 'ignore',
  })
  test?.onTestFinished(async () => {
    child.kill()
    await child
  })
  return child
}

/** Kills a process and all that it has started, directly or not, at once. */
export async function killTree(root: number): Promise<void> {
  const { stdout } = await execa('ps', ['-A', '-o', 'pid=,ppid='])
  const all = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  const below = (pid: number): number[] => [
    pid,
    ...all.filter(([, parent]) => parent === pid).flatMap(([child]) => below(child as number)),
  ]
  for (const pid of below(root)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
}
