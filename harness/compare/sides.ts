import { isAbsolute, join, relative, resolve } from 'node:path'
import { type WorkloadName, workloadNames } from '../../clusters/workloads/index.ts'
import type { Source } from '../../reports/record.ts'
import { HarnessError } from '../errors.ts'
import type { ExperimentInput } from '../experiment/spec.ts'
import { checkoutFolder } from './checkout.ts'
import { commitOf, type Repository, repositoryAt, workingTree } from './git.ts'
import type { CompareOptions } from './options.ts'

export const sideNames = ['control', 'candidate'] as const
export type SideName = (typeof sideNames)[number]

/** The two commits of a comparison by `--ref`. */
export interface Commits {
  repository: Repository
  control: Source
  candidate: Source
}

const invalid = (message: string) => new HarnessError('CONFIG_INVALID', `meshmark compare: ${message}`)

/** Finds the commits that are compared; null without `--ref`. Throws HarnessError CONFIG_INVALID where there is none of that name. */
export async function commitsOf({ ref, candidate }: CompareOptions, folder: string): Promise<Commits | null> {
  if (ref === undefined) return null
  const repository = await repositoryAt(folder)
  const named = async (name: string, flag: string): Promise<Source> => ({
    ...{ commit: await commitOf(repository, name, flag), ref: name, dirty: false },
  })
  const control = await named(ref, '--ref')
  return {
    repository,
    control,
    candidate: candidate === undefined ? await workingTree(repository) : await named(candidate, '--candidate'),
  }
}

/** Throws HarnessError CONFIG_INVALID where nothing is different between the sides, unless that is what was asked for. */
export function refuseSame(options: CompareOptions, commits: Commits | null): void {
  if (options.allowSame) return
  const { controlImage, candidateImage, controlEnv, candidateEnv, controlSetting, candidateSetting } = options
  const sides = [
    [controlImage, controlEnv, controlSetting, commits?.control],
    [candidateImage, candidateEnv, candidateSetting, commits?.candidate],
  ].map(([image, env, setting, source]) => {
    const { commit, dirty } = (source ?? {}) as Partial<Source>
    return JSON.stringify([image, sorted(env as object), sorted(setting as object), commit, dirty])
  })
  if (sides[0] !== sides[1]) return
  const what = commits
    ? `${commits.control.commit.slice(0, 12)} without changes`
    : 'no --ref, images, --control-env or --control-setting sets them apart'
  throw invalid(`both sides are the same: ${what}; --allow-same compares them nevertheless, to see what noise does`)
}

const sorted = (of: object) => Object.entries(of).sort()

/** How the sides stand in the experiment: what is the same in both, and the arms. */
export type Sides = Pick<ExperimentInput, 'workload' | 'env' | 'arms' | 'control'>

/** The experiment's arms. `workDir` is that of the run, which holds the checkouts; `folder` where the command was started. */
export function sidesOf(options: CompareOptions, commits: Commits | null, workDir: string, folder: string): Sides {
  const { workload = options.controlImage === undefined ? 'http-echo' : undefined, ready, env, mesh } = options
  const builtIn = workloadNames.find((name) => name === workload)
  const arms = sideNames.map((name) => {
    const own = options[`${name}Env`]
    return {
      ...{ name, mesh, settings: options[`${name}Setting`] },
      ...(Object.keys(own).length > 0 ? { env: own } : {}),
      ...(builtIn ? {} : { program: { ...programOf(name), ...(ready === undefined ? {} : { readyPath: ready }) } }),
      ...(commits ? { source: commits[name] } : {}),
    }
  })
  return { workload: (builtIn ?? 'service') satisfies WorkloadName | 'service', env, arms, control: 'control' }

  function programOf(name: SideName) {
    const image = options[`${name}Image`]
    if (image !== undefined) return { image }
    const file = resolve(folder, workload ?? '')
    if (!commits) return { file, folder }
    const { root, prefix } = commits.repository
    const place = relative(root, file)
    if (place.startsWith('..') || isAbsolute(place)) throw invalid(`--workload ${workload} is not in ${root}`)
    const checkout = checkoutFolder(workDir, name)
    return { file: join(checkout, place), folder: join(checkout, prefix) }
  }
}

/** A line for each side: what it is. */
export function sideLines(options: CompareOptions, commits: Commits | null): string[] {
  return sideNames.map((name) => {
    const pairs = Object.entries({ ...options[`${name}Env`], ...options[`${name}Setting`] })
    const image = options[`${name}Image`]
    const words = [
      ...(commits ? [sourceWords(commits[name], name === 'candidate' && options.candidate === undefined)] : []),
      ...(image === undefined ? [] : [image]),
      ...pairs.map(([key, value]) => `${key}=${value}`),
    ]
    return `${name}: ${words.join(', ') || 'as it is'}`
  })
}

function sourceWords({ commit, ref, dirty }: Source, isWorkingTree: boolean): string {
  const short = commit.slice(0, 12)
  if (!isWorkingTree) return ref === null || commit.startsWith(ref) ? short : `${ref} (${short})`
  const where = ref === null ? short : `${short} of ${ref}`
  return dirty ? `the working tree at ${where}, with changes that are not committed` : `the working tree at ${where}`
}
