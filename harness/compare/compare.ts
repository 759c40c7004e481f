import { existsSync } from 'node:fs'
import { basename, relative, resolve, sep } from 'node:path'
import { ClusterError, hasCode } from '../../clusters/errors.ts'
import type { RunRecord } from '../../reports/record.ts'
import type { Budget } from '../budgets/budget.ts'
import { placeOfRun } from '../budgets/where.ts'
import { HarnessError } from '../errors.ts'
import { isNodeProgram } from '../experiment/arm-program.ts'
import type { ArmSpec, ExperimentInput } from '../experiment/spec.ts'
import { connectCluster, type RunSettings, runSettings } from '../run/context.ts'
import { conductExperiment, type Measurements } from '../run/experiment.ts'
import { workDirOf } from '../run/lifecycle.ts'
import { openRun } from '../run/open.ts'
import type { RunOptions } from '../run/options.ts'
import { type PlannedExperiment, planExperiment } from '../run/plan.ts'
import type { LiveProgress } from '../run/progress.ts'
import { assembleRecord } from '../run/record.ts'
import { judgeStated, withoutDisagreement } from '../verdict/judge-stated.ts'
import { limitsOverMergeBase } from './budget.ts'
import { type CheckoutSetting, checkOut } from './checkout.ts'
import type { CompareOptions } from './options.ts'
import { type Commits, commitsOf, refuseSame, type Sides, sideNames, sidesOf } from './sides.ts'

/** A comparison that is checked and can begin: nothing has been made yet. */
export interface PlannedComparison {
  options: CompareOptions
  commits: Commits | null
  settings: RunSettings
  planned: PlannedExperiment
  /** `file` is that of the service, relative to its repository. */
  name: { suite: string; test: string; file?: string }
}

/**
 * Settles what is compared, from a folder. Budgets of the project over a merge base take the place of the options'. Throws HarnessError CONFIG_INVALID where a commit or a file is not there, or nothing sets the
 * sides apart.
 */
export async function planComparison(
  options: CompareOptions,
  load: ExperimentInput['load'],
  run: RunOptions,
  folder: string,
  projectBudgets: readonly Budget[] = [],
): Promise<PlannedComparison> {
  const commits = await commitsOf(options, folder)
  refuseSame(options, commits)
  const settings = runSettings(run, folder)
  const sides = sidesOf(options, commits, workDirOf(settings.id), folder)
  const test = (options.workload ?? options.candidateImage ?? String(sides.workload)).replace(/^\.\//, '')
  const name = { suite: 'compare', test, ...serviceFile(options, sides, commits?.repository.root ?? folder, folder) }
  const place = placeOfRun({ cluster: { ref: { provider: run.cluster } } })
  const overMergeBase = limitsOverMergeBase(projectBudgets, name, place)
  const budget = overMergeBase.length > 0 ? overMergeBase : options.budget
  const planned = planExperiment(settings, { ...sides, load }, budget)
  const files = planned.spec.arms.flatMap(({ program }) => program?.file ?? [])
  refuseElsewhere(planned.spec.arms, run)
  if (!commits) refuseMissing(files, options)
  return { options: { ...options, budget }, commits, settings, planned: { ...planned, again: options.again }, name }
}

/** Of a service that is in the repository. */
function serviceFile({ workload = '' }: CompareOptions, sides: Sides, root: string, folder: string): { file?: string } {
  const file = relative(root, resolve(folder, workload)).replaceAll(sep, '/')
  return sides.workload === 'service' && workload !== '' && !file.startsWith('../') ? { file } : {}
}

/** Pods are either processes of this machine or containers. Where `auto` leads is known only later. */
function refuseElsewhere(arms: readonly ArmSpec[], { cluster }: RunOptions): void {
  const refuse = (why: string) => {
    throw new HarnessError('CONFIG_INVALID', `meshmark compare: --cluster ${cluster}: ${why}`)
  }
  for (const { program } of arms) {
    if (program?.image !== undefined && cluster === 'local') refuse('images run on kind, k3s or kubeconfig')
    if (program?.file !== undefined && !isNodeProgram(program.file) && cluster !== 'local' && cluster !== 'auto')
      refuse(
        `${basename(program.file)} is no Node program, and others run on this machine alone: leave out --cluster, or make images`,
      )
  }
}

function refuseMissing(files: readonly string[], { workload }: CompareOptions): void {
  const missing = files.find((file) => !existsSync(file))
  if (missing !== undefined)
    throw new HarnessError('CONFIG_INVALID', `meshmark compare: --workload ${workload}: there is no file ${missing}`)
}

/** Where a comparison tells what it does. */
export interface ComparisonReport {
  line(text: string): void
  progress(progress: LiveProgress): void
}

/** The record of a comparison, and why it could not be carried out to its end. */
export interface Compared {
  record: RunRecord
  error: unknown
}

/**
 * Checks both sides out, builds and deploys them, measures them at once, and judges. `command` repeats it, given the seed. Throws where nothing
 * was begun; once an experiment was, what stopped it is in the result.
 */
export async function compareSides(
  plan: PlannedComparison,
  command: (seed: number) => string,
  report: ComparisonReport,
): Promise<Compared> {
  const { options, commits, settings, planned, name } = plan
  const prepare = async (workDir: string) => {
    if (commits) await checkOutBoth(plan, commits, workDir, report.line)
  }
  // A run begins with the process.
  const startedAt = new Date(performance.timeOrigin)
  const { context, close } = await openRun(settings, { startedAt, report: report.line, prepare })
  const measurements: Measurements = { experiments: [], versions: {} }
  let error: unknown = null
  try {
    await using cluster = await connectCluster(context)
    const experiment = await conductExperiment(planned, {
      ...{ run: context, cluster, name, measurements },
      report: (progress) => report.progress({ ...name, ...progress }),
      step: (_, body) => body(),
    })
    const { arms } = experiment
    experiment.verdicts = judgeStated(options.budget, arms, experiment).map(withoutDisagreement)
  } catch (cause) {
    if (measurements.experiments.length === 0) throw cause
    error = explained(cause, options)
    for (const one of measurements.experiments)
      Object.assign(one, { status: 'failed', message: (error as Error).message })
  } finally {
    await close()
  }
  const source = commits?.candidate ?? context.source
  return { record: assembleRecord({ ...context, source, command: command(context.seed) }, measurements), error }
}

/** Throws HarnessError BUILD_FAILED, also where a side has no such program. */
async function checkOutBoth(
  { options, settings: { id: runId, out }, planned }: PlannedComparison,
  commits: Commits,
  workDir: string,
  report: CheckoutSetting['report'],
): Promise<void> {
  const { repository } = commits
  const { build, candidate, workload } = options
  for (const side of sideNames) {
    const withChanges = side === 'candidate' && candidate === undefined && commits.candidate.dirty
    await checkOut({ side, source: commits[side], withChanges }, { runId, workDir, out, repository, build, report })
  }
  for (const { name, program } of planned.spec.arms) {
    if (program?.file === undefined || existsSync(program.file)) continue
    const why = build === undefined ? 'is not in its commit; --build makes it' : 'is not there after its build'
    throw new HarnessError('BUILD_FAILED', `${name}: ${workload} ${why}`)
  }
}

/** What a program has to do that is not ours. */
function explained(error: unknown, { ready = '/', workload, controlImage }: CompareOptions): unknown {
  const isOwn = workload !== undefined || controlImage !== undefined
  const starts = ['CLUSTER_NOT_READY', 'CLUSTER_DEPLOY_FAILED'] as const
  if (!isOwn || !(error instanceof ClusterError) || !starts.some((code) => hasCode(error, code))) return error
  const needed = `it has to listen on PORT of its environment, at HOST or on every address, and answer GET ${ready} with 200 (--ready)`
  return new ClusterError(error.code, `${error.message}\n  ${needed}`, { cause: error })
}
