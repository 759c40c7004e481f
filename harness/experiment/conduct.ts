import { bundleProgram } from '../../clusters/bundle.ts'
import type { Cluster, Program } from '../../clusters/provider.ts'
import type { Arm, Trial } from '../../reports/record.ts'
import { agentEntry, agentNodeArgs } from '../load/run.ts'
import { deployArms, type ReadyArm } from './arms.ts'
import { abbaOrder } from './order.ts'
import type { ArmSpec, ExperimentSpec } from './spec.ts'
import { runAgent, runTrial } from './trial.ts'

/** Where an experiment stands; the live numbers are those of the last second. */
export interface ExperimentProgress {
  trial: number
  trials: number
  arm: string
  phase: 'deploying' | 'conditioning' | 'warm-up' | 'measured'
  targetRate: number | null
  rate: number | null
  p99Us: number | null
  leftMs: number
}

export interface Surroundings {
  cluster: Cluster
  seed: number
  /** Meshes that cannot be had here: why, and how to get them. */
  unavailable: Record<string, string>
  onProgress(progress: ExperimentProgress): void
  /** Wraps each stage, so that a report can show it as a step. */
  step<T>(name: string, body: () => Promise<T>): Promise<T>
}

// Invalid trials are made up for by further blocks, as long as there is hope that they are the exception.
const furtherBlocks = 2
// Start of the agent and reading of evidence, for the estimate of the time left.
const overheadMs = 400
const conditioningMs = 1000

let experiments = 0

/**
 * Deploys every arm, then interleaves their trials in seeded ABBA blocks. Arms whose mesh cannot be had are answered as skipped.
 * Throws ClusterError or HarnessError when an arm cannot be deployed or loaded; everything deployed is gone by then.
 */
export async function conduct(spec: ExperimentSpec, around: Surroundings): Promise<Arm[]> {
  const { cluster, seed, step } = around
  const present = spec.arms.filter(({ mesh }) => around.unavailable[mesh] === undefined)
  const trials: Trial[] = []
  await using stack = new AsyncDisposableStack()

  const report = progressOf(spec, present, around)
  report({ trial: 0, arm: '', phase: 'deploying', rate: null, p99Us: null })
  const prefix = `${cluster.ref.runId}-${++experiments}`
  const ready = await step('deploy', () => deployArms(cluster, present, spec, stack, prefix))
  const file = await bundleProgram(agentEntry, cluster.ref.workDir)
  const agent: Program = { kind: 'node', file, nodeArgs: agentNodeArgs }

  const targetOf = (arm: ReadyArm) => new URL(spec.load.path ?? '/', arm.enrolled.target)
  const measure = async (arm: ReadyArm, block: number) => {
    const index = trials.length + 1
    const load = { ...spec.load, url: targetOf(arm).href, seed: seed + index }
    const onProgress = report.forTrial(index, arm.spec.name)
    trials.push(
      await step(`trial ${index}: ${arm.spec.name}`, () =>
        runTrial(cluster, agent, arm, load, { index, block }, onProgress),
      ),
    )
  }

  // The first load finds cold caches, unopened connections and code not yet compiled: it belongs to no trial.
  for (const arm of ready)
    await step(`condition: ${arm.spec.name}`, () => {
      report({ trial: 0, arm: arm.spec.name, phase: 'conditioning', rate: null, p99Us: null })
      const load = { ...spec.load, warmUp: 0, duration: spec.load.warmUp || conditioningMs, url: targetOf(arm).href }
      return runAgent(cluster, agent, arm.namespace, load, () => {})
    })

  const slots = abbaOrder(ready, spec.trials, seed)
  for (const { arm, block } of slots) await measure(arm, block)
  const lacking = () =>
    ready.some(({ spec: { name } }) => usable(trials, name) < spec.trials && usable(trials, name) > 0)
  const planned = slots.at(-1)?.block ?? 0
  for (let block = planned + 1; block <= planned + furtherBlocks && lacking(); block++)
    for (const { arm } of abbaOrder(ready, 2, seed, block)) await measure(arm, block)

  return spec.arms.map((arm) => ({
    name: arm.name,
    mesh: arm.mesh,
    mode: arm.mode,
    settings: {},
    control: arm.name === spec.control,
    skipped: around.unavailable[arm.mesh] ?? null,
    trials: trials.filter((trial) => trial.arm === arm.name),
  }))
}

const usable = (trials: readonly Trial[], arm: string) =>
  trials.filter((trial) => trial.arm === arm && trial.validity.valid).length

function progressOf(spec: ExperimentSpec, present: readonly ArmSpec[], around: Surroundings) {
  const trials = spec.trials * present.length
  const trialMs = spec.load.warmUp + spec.load.duration + overheadMs
  const report = (now: Omit<ExperimentProgress, 'trials' | 'targetRate' | 'leftMs'>, elapsedMs = 0) =>
    around.onProgress({
      ...now,
      trials: Math.max(trials, now.trial),
      targetRate: spec.load.rate ?? null,
      leftMs: Math.max(0, (trials - Math.max(0, now.trial - 1)) * trialMs - elapsedMs),
    })
  return Object.assign(report, {
    forTrial: (trial: number, arm: string) => {
      report({ trial, arm, phase: 'warm-up', rate: null, p99Us: null })
      return ({
        phase,
        rate,
        p99Us,
        elapsedMs,
      }: {
        phase: 'warm-up' | 'measured'
        rate: number
        p99Us: number | null
        elapsedMs: number
      }) => report({ trial, arm, phase, rate, p99Us }, phase === 'measured' ? spec.load.warmUp + elapsedMs : elapsedMs)
    },
  })
}
