import { dashed } from '../config.ts'
import { meshmarkCommand } from '../run/record.ts'
import type { Commits } from './sides.ts'

/** The command line that repeats a comparison, to be pasted into a shell; branches as the commits that they were. */
export function repeating(flags: Record<string, unknown>, commits: Commits | null): string {
  const refs = commits
    ? {
        ref: commits.control.commit,
        // Changes that are in no commit can only be compared as they are.
        ...(commits.candidate.dirty ? {} : { candidate: commits.candidate.commit }),
      }
    : {}
  const { out: _, ...others }: Record<string, unknown> = { ...flags, ...refs }
  const words = Object.entries(others).flatMap(([name, value]) => {
    if (value === undefined) return []
    const all = Array.isArray(value) ? value : [value]
    return all.map((one) => (one === true ? dashed(name) : `${dashed(name)} ${quoted(String(one))}`))
  })
  return [`${meshmarkCommand} compare`, ...words].join(' ')
}

const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)
