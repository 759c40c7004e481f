import { execa } from 'execa'
import type { Source } from '../../reports/record.ts'
import { HarnessError } from '../errors.ts'

/** Runs of ours leave their records there, which are no part of what is compared. */
const notOurs = ['--', '.', ':(exclude,glob)**/meshmark-results/**']

/** A repository, as seen from a folder of its working tree. */
export interface Repository {
  /** The top of the working tree. */
  root: string
  /** The folder, from there; empty at the top. */
  prefix: string
}

const failed = (message: string, cause?: unknown) => new HarnessError('CONFIG_INVALID', message, { cause })

/** Git's answer; null where it refuses. Throws HarnessError CONFIG_INVALID without git. */
export async function git(folder: string, ...args: string[]): Promise<string | null> {
  const answer = await execa('git', args, { cwd: folder, reject: false, timeout: 60_000 })
  if (answer.code === 'ENOENT') throw failed('--ref needs git, which is not on PATH: install it', answer.cause)
  return answer.exitCode === 0 ? answer.stdout : null
}

/** Throws HarnessError CONFIG_INVALID outside a working tree. */
export async function repositoryAt(folder: string): Promise<Repository> {
  const answer = await git(folder, 'rev-parse', '--show-toplevel', '--show-prefix')
  const [root, prefix = ''] = answer?.split('\n') ?? []
  if (!root) throw failed(`--ref: ${folder} is in no working tree of a git repository`)
  return { root, prefix }
}

/** The commit that a ref names. Throws HarnessError CONFIG_INVALID that says what is there, or how to fetch it. */
export async function commitOf({ root }: Repository, ref: string, flag: string): Promise<string> {
  const commit = await git(root, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`)
  if (commit) return commit
  const known = (await git(root, 'for-each-ref', '--format=%(refname:short)')) ?? ''
  const near = nearest(ref, known.split('\n').filter(Boolean))
  const shallow = (await git(root, 'rev-parse', '--is-shallow-repository')) === 'true'
  throw failed(
    [
      `${flag} ${ref}: no commit of this repository has that name`,
      near.length > 0 ? `nearest: ${near.join(', ')}` : 'it has no branches or tags',
      shallow
        ? `this clone is shallow: git fetch --depth=1 origin ${ref}, then ${flag} FETCH_HEAD`
        : `one of a remote is fetched by git fetch origin ${ref}`,
    ].join('; '),
  )
}

/** The commit that is checked out, and whether files differ from it, those that git does not follow yet among them. */
export async function workingTree(repository: Repository): Promise<Source> {
  const commit = await commitOf(repository, 'HEAD', '--ref: the working tree at')
  const [branch, changes] = await Promise.all([
    git(repository.root, 'symbolic-ref', '--quiet', '--short', 'HEAD'),
    git(repository.root, 'status', '--porcelain', '--untracked-files=normal', ...notOurs),
  ])
  return { commit, ref: branch, dirty: changes !== '' }
}

/** Files that differ from the checked-out commit, from the top: changed or new ones, and those that are gone. */
export async function changedFiles({ root }: Repository): Promise<{ present: string[]; gone: string[] }> {
  const list = async (...args: string[]) => ((await git(root, ...args)) ?? '').split('\0').filter(Boolean)
  const diff = (filter: string) =>
    list('diff', '--name-only', '-z', '--no-renames', `--diff-filter=${filter}`, 'HEAD', ...notOurs)
  const [changed, gone, untracked] = await Promise.all([
    diff('d'),
    diff('D'),
    list('ls-files', '-z', '--others', '--exclude-standard', ...notOurs),
  ])
  return { present: [...changed, ...untracked], gone }
}

/** At most five: those that end as it does or contain it first, then by how many letters differ. */
function nearest(ref: string, known: readonly string[]): string[] {
  const rank = (name: string) =>
    name.endsWith(`/${ref}`) ? -2 : name.includes(ref) || ref.includes(name) ? -1 : distance(ref, name)
  return known.toSorted((a, b) => rank(a) - rank(b)).slice(0, 5)
}

/** Letters to add, take away or replace (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (next[j - 1] as number) + 1,
          (row[j] as number) + 1,
          (row[j - 1] as number) + Number(letter !== b[j - 1]),
        ),
      )
    row = next
  }
  return row.at(-1) as number
}
