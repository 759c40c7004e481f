import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa, type Subprocess } from 'execa'
import { afterAll, onTestFinished } from 'vitest'
import { runVariable } from '../../clusters/local/label.ts'
import { processesWith } from '../../clusters/local/process-table.ts'
import { workDirPrefix } from './lifecycle.ts'

export const root = join(import.meta.dirname, '../..')

interface Ended {
  exitCode?: number
  stdout: string
  stderr: string
}

// Runs of these tests keep to a temporary folder of their own, so that somebody's run beside them is not taken for theirs.
const ownTmp = mkdtempSync(join(tmpdir(), 'meshmark-testing-'))
afterAll(() => rmSync(ownTmp, { recursive: true, force: true }))

/** The command line as a user calls it, from the sources; never throws for an exit code. It ends with its test, whose folder it would make anew. */
export function meshmark(
  args: readonly string[],
  env: Record<string, string> = {},
  cwd = root,
): Promise<Ended> & Pick<Subprocess, 'kill' | 'stderr' | 'pid'> {
  const child = execa(process.execPath, [join(root, 'harness/commands/cli.ts'), ...args], {
    cwd,
    env: { TMPDIR: ownTmp, ...env },
    reject: false,
    stdin: 'ignore',
  })
  onTestFinished(async () => {
    child.kill()
    await child
  })
  return child
}

/** What runs of these tests have left on this machine: processes that carry a run's label, and work folders. */
export function leftovers(): { processes: number[]; folders: string[] } {
  return {
    processes: processesWith(`${runVariable}=`)
      .filter(({ environment }) => environment.split('\0').includes(`TMPDIR=${ownTmp}`))
      .map(({ pid }) => pid),
    folders: readdirSync(ownTmp).filter((name) => name.startsWith(workDirPrefix)),
  }
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
