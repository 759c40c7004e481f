import { bundleProgram } from '../../clusters/bundle.ts'
import { nodesFor } from '../../clusters/placement.ts'
import type { Cluster, Program } from '../../clusters/provider.ts'
import type { Arm, Trial } from '../../reports/record.ts'
import { agentFor, agentNodeArgs } from '../agent/process.ts'
import { loadToolProblem } from '../tools/availability.ts'
import { awaitAll, deployArms, loadOn, type ReadyArm, skipReason } from './arms.ts'
import { abbaOrder } from './order.ts'
import { choosePlaces, placesText, shareOutCores } from './places.ts'
import { type MeasurableArm, type Procedure, steady } from './procedure.ts'
import { type ExperimentProgress, reporting } from './progress.ts'
import { searching } from './search-trial.ts'
import type { ArmSpec, ExperimentSpec } from './spec.ts'
import { runAgents } from './trial.ts'

/** Where an experiment is measured, and where its progress goes. */
export interface ExperimentContext {
  cluster: Cluster
  seed: number
  furtherBlocks: number
  /** Meshes, as `mesh:mode`, that cannot be had here: why, and how to get them. */
  unavailable: Record<string, string>
  /** The load and what it measures take turns on all cores, instead of having their own. */
  shareCores: boolean
  onProgress(progress: ExperimentProgress): void
  /** Once it is known on which nodes servers and clients stand, and which cores they have: each in words. */
  onPlaced(places: { nodes: string | null; cores: string }): void
  /** Keeps the logs of a failed experiment before its pods are removed. */
  collectLogs(): Promise<void>
  /** Wraps each stage, so that a report can show it as a step. */
  step<T>(name: string, body: () => Promise<T>): Promise<T>
}

const conditioningMs = 1000

let experiments = 0

/**
 * Deploys every arm, then interleaves their trials in seeded ABBA blocks, each as `procedure` runs it. Arms whose mesh cannot be
 * had, or that cannot be measured so, are returned as skipped.
 * Throws ClusterError or HarnessError when an arm cannot be deployed or loaded; everything deployed is gone by then.
 */
export async function measureArms(
  spec: ExperimentSpec,
  context: ExperimentContext,
  procedure: Procedure = spec.search ? searching(spec.search) : steady,
): Promise<Arm[]> {
  await using stack = new AsyncDisposableStack()
  try {
    return await interleaveTrials(spec, context, procedure, stack)
  } catch (error) {
    // The error is what matters, also where the logs cannot be had any more.
    await context.collectLogs().catch(() => {})
    throw error
  }
}

async function interleaveTrials(
  spec: ExperimentSpec,
  context: ExperimentContext,
  procedure: Procedure,
  stack: AsyncDisposableStack,
): Promise<Arm[]> {
  const { cluster, seed, step } = context
  const nodes = nodesFor(spec.placement, await cluster.nodes(), { name: spec.workload, namespace: cluster.ref.runId })
  const toolProblem = await loadToolProblem(spec.load.tool, cluster.ref)
  const skipped = (arm: ArmSpec) =>
    context.unavailable[`${arm.mesh}:${arm.mode}`] ??
    skipReason(cluster, nodes, arm, spec.load.protocol) ??
    procedure.skipReason(cluster, arm) ??
    toolProblem(!cluster.ref.kube || arm.client === 'outside')
  const present = spec.arms.filter((arm) => skipped(arm) === null)
  const places = choosePlaces(nodes)
  const trials: Trial[] = []
  const report = reporting(spec, spec.trials * present.length, context.onProgress)
  report.stage('deploying')
  const prefix = `${cluster.ref.runId}-${++experiments}`
  const { ready, unplaced } = await step('deploy', async () => {
    await cluster.bringImages?.(toolImages(cluster, spec.load, present))
    if (present.length > 0) {
      const cores = stack.use(await shareOutCores(cluster, places, present, context.shareCores))
      context.onPlaced({ nodes: cluster.ref.kube ? placesText(places) : null, cores: cores.words })
    }
    const deployed = await deployArms(cluster, present, places, spec, stack, prefix)
    return { ...deployed, ready: await awaitAll(deployed.ready.map((arm) => procedure.prepare(cluster, arm, stack))) }
  })
  const file = await bundleProgram(agentFor(spec.load), cluster.ref.workDir)
  const agent: Program = { kind: 'node', file, nodeArgs: agentNodeArgs }

  const measure = async (arm: MeasurableArm, block: number) => {
    const index = trials.length + 1
    const load = { ...loadOn(arm, spec.load), seed: seed + index }
    const onProgress = report.trial(index, arm.spec.name)
    const trial = await step(`trial ${index}: ${arm.spec.name}`, () =>
      arm.trial(agent, load, { index, block }, onProgress, podsBut(ready, arm)),
    )
    report.ended(trial)
    trials.push(trial)
  }

  // The first load finds cold caches, unopened connections and code not yet compiled: it belongs to no trial. A closed loop gets
  // through it soonest; at the trials' rate the first few would still be compiling.
  for (const arm of ready)
    await step(`condition: ${arm.spec.name}`, () => {
      report.stage('conditioning', arm.spec.name)
      const load = { ...loadOn(arm, unpaced(spec.load)), warmUpMs: 0, durationMs: conditioningMs }
      return runAgents(cluster, agent, arm, load, () => {})
    })

  const slots = abbaOrder(ready, spec.trials, seed)
  for (const { arm, block } of slots) await measure(arm, block)
  const short = () => ready.some(({ spec: { name } }) => usable(trials, name) < spec.trials && usable(trials, name) > 0)
  const planned = slots.at(-1)?.block ?? 0
  for (let block = planned + 1; block <= planned + context.furtherBlocks && short(); block++)
    for (const { arm } of abbaOrder(ready, 2, seed, block)) await measure(arm, block)

  return spec.arms.map((arm) => ({
    name: arm.name,
    mesh: arm.mesh,
    mode: arm.mode,
    settings: {
      ...arm.settings,
      ...(arm.path ? { path: arm.path } : {}),
      ...(arm.client ? { client: arm.client } : {}),
    },
    control: arm.name === spec.control,
    skipped: skipped(arm) ?? unplaced.get(arm.name) ?? null,
    ...placementOf(ready, arm),
    trials: trials.filter((trial) => trial.arm === arm.name),
  }))
}

/** What pods need to make the load; its tool's image, where it is one. */
const toolImages = ({ ref }: Cluster, { tool }: ExperimentSpec['load'], arms: readonly ArmSpec[]) =>
  tool !== undefined && ref.kube?.toolImage && arms.some(({ client }) => client !== 'outside')
    ? [ref.kube.toolImage]
    : []

/** The same requests as a closed loop that does not rest. */
function unpaced({
  rate: _rate,
  pacing: _pacing,
  maxBacklog: _maxBacklog,
  thinkTimeMs: _thinkTime,
  staggerMs: _stagger,
  maxRequests: _maxRequests,
  stopWhen: _stopWhen,
  ...load
}: ExperimentSpec['load']): ExperimentSpec['load'] {
  return load
}

const placementOf = (ready: readonly ReadyArm[], { name }: ArmSpec) => {
  const { placement } = ready.find(({ spec }) => spec.name === name) ?? {}
  return placement ? { placement } : {}
}

const podsBut = (ready: readonly ReadyArm[], arm: ReadyArm) =>
  ready.filter((one) => one !== arm).flatMap(({ server, enrolled }) => [server, ...enrolled.proxies])

const usable = (trials: readonly Trial[], arm: string) =>
  trials.filter((trial) => trial.arm === arm && trial.validity.valid).length
