import { relative } from 'node:path'
import { bundleProgram } from '../../clusters/bundle.ts'
import { nodesFor } from '../../clusters/placement.ts'
import type { Cluster, Program } from '../../clusters/provider.ts'
import type { Arm, Experiment, Trial } from '../../reports/record.ts'
import { agentFor, agentNodeArgs } from '../agent/process.ts'
import { kernelAccess } from '../probes/access.ts'
import type { KernelAccess } from '../probes/kernel-source.ts'
import { KernelWatch } from '../probes/kernel-watch.ts'
import { loadToolProblem } from '../tools/availability.ts'
import { awaitAll, deployArms, installMeshes, type ReadyArm, skipReason } from './arms.ts'
import type { ExperimentContext } from './context.ts'
import { choosePlaces, type Places, placesText, shareOutCores } from './places.ts'
import { type Procedure, steady } from './procedure.ts'
import { reporting, unitsStage } from './progress.ts'
import { searching } from './search-trial.ts'
import type { ArmSpec, ExperimentSpec } from './spec.ts'
import { interleaveTrials } from './trials.ts'
import { measureUnits, type UnitsResult } from './units.ts'

let experiments = 0

/** What an experiment measured, as its record has it. */
export type Measured = Pick<Experiment, 'arms' | 'probes'> & Partial<Omit<UnitsResult, 'trials'>>

/**
 * Deploys every arm and measures them: all at once, unit by unit; or where `procedure` says how a trial is run, in trials one after the
 * other. Arms whose mesh cannot be had, or that cannot be measured so, are returned as skipped.
 * Throws ClusterError or HarnessError when an arm cannot be deployed or loaded; everything deployed is gone by then.
 */
export async function measureArms(
  spec: ExperimentSpec,
  context: ExperimentContext,
  procedure: Procedure | undefined = procedureOf(spec),
): Promise<Measured> {
  try {
    await using stack = new AsyncDisposableStack()
    try {
      return await deployAndMeasure(spec, context, procedure, stack)
    } catch (error) {
      // The error is what matters, also where the logs cannot be had any more.
      await context.collectLogs().catch(() => {})
      throw error
    }
  } catch (error) {
    throw firstOf(error)
  }
}

/** Where disposing fails as well, JavaScript throws an error of both, without a message. */
function firstOf(error: unknown): unknown {
  return error instanceof SuppressedError ? firstOf(error.suppressed) : error
}

/** Absent: by units. */
function procedureOf({ search, design }: ExperimentSpec): Procedure | undefined {
  if (search) return searching(search)
  return design === 'trials' ? steady : undefined
}

async function deployAndMeasure(
  spec: ExperimentSpec,
  context: ExperimentContext,
  procedure: Procedure | undefined,
  stack: AsyncDisposableStack,
): Promise<Measured> {
  const { cluster, step } = context
  const nodes = nodesFor(spec.placement, await cluster.nodes(), { name: spec.workload, namespace: cluster.ref.runId })
  const toolProblem = await loadToolProblem(spec.load.tool, cluster.ref)
  const places = choosePlaces(nodes)
  const access = await accessFor(spec, context, places, stack)
  const withoutProbes = await armsWithoutProbes(access, spec.arms)
  const skipped = (arm: ArmSpec) =>
    withoutProbes.get(arm.name) ??
    context.unavailable[`${arm.mesh}:${arm.mode}`] ??
    skipReason(cluster, nodes, arm, spec.load.protocol) ??
    procedure?.skipReason(cluster, arm) ??
    toolProblem(!cluster.ref.kube || arm.client === 'outside')
  const present = spec.arms.filter((arm) => skipped(arm) === null)
  const armOf = (arm: ArmSpec, trials: readonly Trial[] = []): Arm => ({
    name: arm.name,
    mesh: arm.mesh,
    mode: arm.mode,
    settings: {
      ...arm.settings,
      ...(arm.path ? { path: arm.path } : {}),
      ...(arm.client ? { client: arm.client } : {}),
      ...(arm.env ? { env: arm.env } : {}),
      ...recordedProgram(arm),
      ...(arm.probes ? { probes: arm.probes } : {}),
    },
    ...(arm.source ? { source: arm.source } : {}),
    control: arm.name === spec.control,
    skipped: skipped(arm) ?? unplaced.get(arm.name) ?? null,
    ...placementOf(ready, arm),
    trials: trials.filter((trial) => trial.arm === arm.name),
  })
  const allArms = (trials: readonly Trial[]) => spec.arms.map((arm) => armOf(arm, trials))
  let ready: readonly ReadyArm[] = []
  let unplaced: ReadonlyMap<string, string> = new Map()
  if (present.length === 0) return { arms: allArms([]) }
  const file = await bundleProgram(agentFor(spec.load), cluster.ref.workDir)
  const agent: Program = { kind: 'node', file, nodeArgs: agentNodeArgs }
  const prefix = `${cluster.ref.runId}-${++experiments}`
  const images = present.flatMap(({ program }) => program?.image ?? [])
  await cluster.bringImages?.([...toolImages(cluster, spec.load, present), ...images])
  const cores = stack.use(await shareOutCores(cluster, places, present, context.shareCores))
  context.onPlaced({ nodes: cluster.ref.kube ? placesText(places) : null, cores: cores.words })
  if (procedure) reporting(spec, 0, context.onProgress).stage('deploying')
  else context.onUnits(unitsStage('deploying', present.map(({ name }) => name).join(', '), spec))
  const installed = await step('install', () => installMeshes(cluster, present, stack))
  const deploy = (arms: readonly ArmSpec[], name: string) =>
    step(name, () =>
      deployArms(cluster, arms, places, spec, installed, stack, `${prefix}${name.slice('deploy'.length)}`),
    )
  const first = await deploy(present, 'deploy')
  ready = first.ready
  unplaced = first.unplaced
  if (ready.length === 0) return { arms: allArms([]) }
  const watch = access && spec.probes.length > 0 ? await attachProbes(access, spec, context, stack) : null
  const kernel = watch?.works ? watch : null
  if (procedure === undefined) {
    const { trials, ...result } = await measureUnits(spec, ready, agent, {
      ...context,
      kernel,
      armOf: ({ spec: arm }) => armOf(arm),
      async deployAgain(deployment) {
        const again = await deploy(
          ready.map(({ spec: arm }) => arm),
          `deploy-${deployment}`,
        )
        return again.unplaced.size > 0 ? null : again.ready
      },
    })
    return { arms: allArms(trials), ...result, ...(watch && { probes: watch.probes }) }
  }
  const measurable = await awaitAll(ready.map((arm) => procedure.prepare(cluster, arm, stack)))
  const { trials, ...result } = await interleaveTrials(spec, { ...context, kernel, access }, measurable, agent)
  return { arms: allArms(trials), design: 'trials', ...result, ...(watch && { probes: watch.probes }) }
}

/** A program of this machine goes by its place in its folder: where that was made does not matter. */
function recordedProgram({ program }: ArmSpec): { program?: string } {
  if (!program) return {}
  const { image, file = '', folder } = program
  return { program: image ?? (folder === undefined ? file : relative(folder, file)) }
}

/** The way to the probes of an experiment, until it is over; null where it has none. That privileged pods run is told. */
async function accessFor(
  { probes, arms }: ExperimentSpec,
  { cluster, probePods, step, onNote }: ExperimentContext,
  { server, client }: Places,
  stack: AsyncDisposableStack,
): Promise<KernelAccess | null> {
  if (probes.length === 0 && !arms.some((arm) => arm.probes)) return null
  const nodes = [...new Set([server.name, client.name])]
  const access = stack.use(await step('probe pods', () => kernelAccess(cluster, { probePods, nodes })))
  if (access.nodes) onNote(`probes run in privileged pods on ${access.nodes.join(', ')}`)
  return access
}

/** Arms whose own probes cannot be had, by name: why, and how to get them. */
async function armsWithoutProbes(access: KernelAccess | null, arms: readonly ArmSpec[]): Promise<Map<string, string>> {
  const missing = new Map<string, string>()
  for (const { name, probes } of arms) {
    const [first] = (access && probes && (await access.unavailable(probes))) ?? []
    if (first) missing.set(name, `probe ${first.probe}: ${first.reason}; ${first.remedy}`)
  }
  return missing
}

/** Attaches the probes until the experiment is over. What cannot be had is told. */
async function attachProbes(
  access: KernelAccess,
  { probes }: ExperimentSpec,
  { step, onNote }: ExperimentContext,
  stack: AsyncDisposableStack,
): Promise<KernelWatch> {
  const watch = stack.use(await step('attach probes', () => KernelWatch.open(access, probes)))
  for (const { probe, reason, remedy } of watch.probes.unavailable)
    onNote(`probe ${probe} is not at work: ${reason}; ${remedy}`)
  return watch
}

const placementOf = (ready: readonly ReadyArm[], { name }: ArmSpec) => {
  const { placement } = ready.find(({ spec }) => spec.name === name) ?? {}
  return placement ? { placement } : {}
}

/** What pods need to make the load; its tool's image, where it is one. */
const toolImages = ({ ref }: Cluster, { tool }: ExperimentSpec['load'], arms: readonly ArmSpec[]) =>
  tool !== undefined && ref.kube?.toolImage && arms.some(({ client }) => client !== 'outside')
    ? [ref.kube.toolImage]
    : []
