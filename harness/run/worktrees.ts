import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A checkout that a run has made beside a repository's own: git keeps its place in the repository. */
export interface Worktree {
  repository: string
  folder: string
}

const file = (workDir: string) => join(workDir, 'worktrees.json')

/** Notes a worktree in the run's work folder before it is made, so that whoever removes that folder has git forget it. */
export function noteWorktree(workDir: string, worktree: Worktree): void {
  writeFileSync(file(workDir), JSON.stringify([...notedWorktrees(workDir), worktree]))
}

/** Those of a run; none where there is no such note. */
export function notedWorktrees(workDir: string): Worktree[] {
  try {
    return JSON.parse(readFileSync(file(workDir), 'utf8'))
  } catch {
    return []
  }
}

/** Has git forget worktrees, and removes what is left of them. At once and synchronously, so that a signal handler can call it. */
export function forgetWorktrees(worktrees: readonly Worktree[]): void {
  // Twice: one that git has locked goes too.
  for (const { repository, folder } of worktrees)
    spawnSync('git', ['-C', repository, 'worktree', 'remove', '--force', '--force', folder], {
      stdio: 'ignore',
      timeout: 10_000,
    })
}
