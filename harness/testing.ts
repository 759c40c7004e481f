import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa, type Subprocess } from 'execa'
import { runVariable } from '../clusters/local/label.ts'
import { processesWith } from '../clusters/local/process-table.ts'
import { workDirPrefix } from './lifecycle/run.ts'

export const root = join(import.meta.dirname, '..')

interface Ended {
  exitCode?: number
  stdout: string
  stderr: string
}

/** The command line as a user calls it, from the sources; never throws for an exit code. */
export function meshmark(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> & Pick<Subprocess, 'kill' | 'stderr'> {
  return execa(process.execPath, [join(root, 'harness/cli.ts'), ...args], {
    cwd: root,
    env,
    reject: false,
    stdin: 'ignore',
  })
}

/** What runs have left on this machine: processes that carry a run's label, and work folders. */
export function leftovers(): { processes: number[]; folders: string[] } {
  return {
    processes: processesWith(`${runVariable}=`).map(({ pid }) => pid),
    folders: readdirSync(tmpdir()).filter((name) => name.startsWith(workDirPrefix)),
  }
}
