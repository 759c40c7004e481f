import { spawnSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

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

/** Those of a run; none where there is no such note. One that somebody else has left in the temporary folder is none of ours to follow. */
export function notedWorktrees(workDir: string): Worktree[] {
  try {
    if (statSync(file(workDir)).uid !== process.getuid?.()) return []
    const noted: Worktree[] = JSON.parse(readFileSync(file(workDir), 'utf8'))
    return noted.filter(({ folder }) => dirname(folder) === workDir)
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
