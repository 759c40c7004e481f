import type { Program } from '../../clusters/provider.ts'
import type { Probes } from '../../reports/kernel.ts'
import type { Experiment, Trial } from '../../reports/record.ts'
import type { TargetedPlan } from '../load/plan.ts'
import { kernelOf } from '../probes/arm-kernel.ts'
import type { KernelAccess } from '../probes/kernel-source.ts'
import { addedProbes, KernelWatch } from '../probes/kernel-watch.ts'
import { loadOn, type ReadyArm } from './arms.ts'
import { fittedRate } from './chosen-design.ts'
import { unpaced } from './conditioning.ts'
import type { ExperimentContext } from './context.ts'
import { abbaOrder } from './order.ts'
import type { MeasurableArm } from './procedure.ts'
import { reporting } from './progress.ts'
import type { ExperimentSpec } from './spec.ts'
import { requestsAtSockets, runAgents } from './trial.ts'

const conditioningMs = 1000

/** What an experiment of trials leaves in its record. */
export type TrialsResult = Pick<Experiment, 'fitted' | 'probes'> & { trials: Trial[] }

/** Measures arms in trials one after the other, interleaved in seeded ABBA blocks. Throws as a trial does. */
export async function interleaveTrials(
  spec: ExperimentSpec,
  context: Pick<ExperimentContext, 'cluster' | 'seed' | 'onProgress' | 'step'> & {
    kernel: KernelWatch | null
    access: KernelAccess | null
  },
  ready: readonly MeasurableArm[],
  agent: Program,
): Promise<TrialsResult> {
  const { cluster, seed, step, kernel, access } = context
  const trials: Trial[] = []
  let fitted: Experiment['fitted']
  /** Of arms that have their own. */
  const own: Probes[] = []
  const report = reporting(spec, spec.trials * ready.length, context.onProgress)
  const measureIt = async (arm: MeasurableArm, load: TargetedPlan, run: () => Promise<Trial>) => {
    const { probes } = arm.spec
    if (!probes || !access) return watched(kernel, arm, load, run)
    await using watch = await KernelWatch.open(access, probes)
    const trial = await watched(watch, arm, load, run)
    own.push(watch.probes)
    return trial
  }
  const measure = async (arm: MeasurableArm, block: number) => {
    const index = trials.length + 1
    const load = { ...loadOn(arm, fitted ? { ...spec.load, rate: fitted.rate } : spec.load), seed: seed + index }
    const onProgress = report.trial(index, arm.spec.name)
    const trial = await step(`trial ${index}: ${arm.spec.name}`, () =>
      measureIt(arm, load, () => arm.trial(agent, load, { index, block }, onProgress, podsBut(ready, arm))),
    )
    report.ended(trial)
    trials.push(trial)
  }

  // The first load finds cold caches, unopened connections and code not yet compiled: it belongs to no trial. A closed loop gets
  // through it soonest; at the trials' rate the first few would still be compiling.
  const held: { arm: string; rate: number }[] = []
  for (const arm of ready)
    await step(`condition: ${arm.spec.name}`, async () => {
      report.stage('conditioning', arm.spec.name)
      const load = { ...loadOn(arm, unpaced(spec.load)), warmUpMs: 0, durationMs: conditioningMs }
      const { achievedRate } = await runAgents(cluster, agent, arm, load, () => {})
      held.push({ arm: arm.spec.name, rate: achievedRate })
    })
  if (spec.fit) fitted = fittedRate(spec.fit, held)
  for (const { arm, block } of abbaOrder(ready, spec.trials, seed)) await measure(arm, block)
  const probes = addedProbes(own)
  return { trials, ...(fitted && { fitted }), ...(probes && { probes }) }
}

/** Adds to a trial what the kernel saw of its arm, from its beginning to its end. */
async function watched(
  kernel: KernelWatch | null,
  arm: ReadyArm,
  load: TargetedPlan,
  measure: () => Promise<Trial>,
): Promise<Trial> {
  if (!kernel) return measure()
  const before = await kernel.read()
  const trial = await measure()
  const [whole = []] = kernel.between(before, await kernel.read(), [arm])
  const sent = requestsAtSockets(load, trial.load)
  return { ...trial, kernel: kernelOf({ measured: whole, whole, load: trial.load, sent }) }
}

const podsBut = (ready: readonly ReadyArm[], arm: ReadyArm) =>
  ready.filter((one) => one !== arm).flatMap(({ server, enrolled }) => [server, ...enrolled.proxies])
