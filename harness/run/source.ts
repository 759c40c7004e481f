import { execa } from 'execa'
import type { Source } from '../../reports/record.ts'

/** The commit, branch and state of the working tree at a folder; null where there is no repository, no commit yet, or no git. */
export async function sourceOf(folder: string): Promise<Source | null> {
  // A folder of results that nobody told git to ignore does not change what is measured.
  const asked = ['status', '--porcelain=v2', '--branch', '--untracked-files=no']
  const { exitCode, stdout } = await execa('git', asked, { cwd: folder, reject: false, timeout: 10_000 })
  const head = (field: string) => new RegExp(`^# branch\\.${field} (.+)$`, 'm').exec(stdout ?? '')?.[1]
  const [commit, ref] = [head('oid'), head('head')]
  if (exitCode !== 0 || commit === undefined || commit === '(initial)') return null
  return {
    commit,
    ref: ref === undefined || ref === '(detached)' ? null : ref,
    dirty: stdout.split('\n').some((line) => line !== '' && !line.startsWith('#')),
  }
}
