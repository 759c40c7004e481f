import { type Dirent, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '../../clusters/local/label.ts'
import { providers } from '../../clusters/providers/index.ts'
import { systemReason } from '../../reports/write-file.ts'
import { HarnessError } from '../errors.ts'
import { ownerFile, readOwner, workDirPrefix } from './lifecycle.ts'
import { forgetWorktrees, notedWorktrees } from './worktrees.ts'

/** Removes what runs left behind whose process is gone: clusters, processes, work folders. Returns a line for each. */
export async function reapDeadRuns(): Promise<string[]> {
  const reaped: string[] = []
  for (const provider of Object.values(providers))
    for (const orphan of await provider.orphans()) {
      // A cluster that cannot be reached must not keep the next run from starting.
      const trouble = await orphan.reap().catch((error: Error) => error)
      const what = `run ${orphan.runId}: ${orphan.description}`
      reaped.push(trouble ? `nothing yet of ${what}: ${trouble.message}` : what)
    }
  for (const entry of temporaries()) {
    if (!entry.isDirectory() || !entry.name.startsWith(workDirPrefix)) continue
    const dir = join(tmpdir(), entry.name)
    if (isAbandoned(dir)) {
      const worktrees = notedWorktrees(dir)
      rmSync(dir, { recursive: true, force: true })
      forgetWorktrees(worktrees)
      reaped.push(`run ${entry.name.slice(workDirPrefix.length)}: work folder`)
    }
  }
  return reaped
}

function temporaries(): Dirent[] {
  try {
    return readdirSync(tmpdir(), { withFileTypes: true })
  } catch (cause) {
    const message = `the temporary folder ${tmpdir()} (TMPDIR) cannot be read: ${systemReason(cause)}`
    throw new HarnessError('CONFIG_INVALID', message, { cause })
  }
}

/** Only a folder that names its owner can be called abandoned; any other is somebody else's. */
function isAbandoned(dir: string): boolean {
  const owner = readOwner(join(dir, ownerFile))
  return owner !== null && !isAlive(owner)
}
