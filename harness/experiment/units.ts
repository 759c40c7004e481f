import { availableParallelism } from 'node:os'
import type { Program } from '../../clusters/provider.ts'
import type { Experiment, MachineUnit, Trial } from '../../reports/record.ts'
import { pauseFor } from '../agent/pause.ts'
import { HarnessError } from '../errors.ts'
import type { TargetedPlan } from '../load/plan.ts'
import { targetRateOf } from '../load/result/result.ts'
import { type TurnLengths, turnLengths, turnRefusal } from '../load/schedule/turn-lengths.ts'
import { isBorderline, judgeStated } from '../verdict/judge-stated.ts'
import { loadOn, type ReadyArm } from './arms.ts'
import { type Capacity, type ChosenDesign, chooseDesign } from './chosen-design.ts'
import { condition } from './conditioning.ts'
import type { UnitsContext } from './context.ts'
import { MachineWatch, ownProcesses } from './machine.ts'
import { Measurement } from './measurement.ts'
import { type UnitsProgress, unitsStage } from './progress.ts'
import type { Member } from './session.ts'
import type { ExperimentSpec } from './spec.ts'

/** Beyond the longest time that is measured: it is the experiment that ends the load. */
const graceMs = 30_000

/** What an experiment of units leaves in its record. */
export type UnitsResult = Pick<
  Experiment,
  'design' | 'designWhy' | 'unitMs' | 'fitted' | 'utilisation' | 'machine' | 'again'
> & {
  trials: Trial[]
}

/**
 * Measures all arms at once, unit by unit, until every limit is clear or the time is over; and as much again, where a limit is broken by a close
 * call. `first` is their first deployment.
 * Throws ClusterError or HarnessError when an arm cannot be deployed or loaded.
 */
export async function measureUnits(
  asked: ExperimentSpec,
  first: readonly ReadyArm[],
  agent: Program,
  context: UnitsContext,
): Promise<UnitsResult> {
  const { cluster, step } = context
  const say = (phase: UnitsProgress['phase'], text: string) => context.onUnits(unitsStage(phase, text, asked))
  say('conditioning', 'trying what each arm holds')
  const roots = await ownProcesses(cluster)
  const cores = roots === null ? null : availableParallelism()
  const loadThreads = first.length * asked.load.threads * asked.load.agents
  const pause = pauseFor({ cores: cores ?? 0, loadThreads, sameMachine: cores !== null })
  const capacities = await step('condition', () => condition(cluster, agent, first, asked.load, pause))
  const chosen = chooseDesign(wanted(asked), capacities, cores)
  const turns = chosen.design === 'slices' ? turnsFor(asked, capacities) : undefined
  const spec = { ...asked, unitMs: turns?.unitMs ?? asked.unitMs }
  say('conditioning', `${chosen.design}: ${chosen.why}`)
  // Each deployment draws its own deals.
  const plans = (arms: readonly ReadyArm[], deployment: number) =>
    members(spec, { ...chosen, turns, pause }, arms, context.seed + deployment)
  const trials: Trial[] = []
  const machine: MachineUnit[] = []
  const again: NonNullable<Experiment['again']> = []
  const { deployments } = spec
  await using opened = new AsyncDisposableStack()
  const open = async (arms: readonly ReadyArm[], deployment: number) => {
    const place = { deployment, deployments, earlier: trials, machine }
    const watch = new MachineWatch({ unitMs: spec.unitMs, roots })
    return opened.use(
      await Measurement.open(cluster, agent, plans(arms, deployment), { spec, context, watch, ...place }),
    )
  }

  /** The limits that are broken by a close call. */
  const closeCalls = () => {
    if (context.again === 0 || context.limits === null) return []
    const arms = first.map((arm) => ({
      ...context.armOf(arm),
      trials: trials.filter((trial) => trial.arm === arm.spec.name),
    }))
    return judgeStated(context.limits, arms, { seed: context.seed, unitMs: spec.unitMs, machine }).filter(isBorderline)
  }
  /** Of a deployment after those that were planned, while there are close calls. */
  const another = async (deployment: number) => {
    const round = (deployment - 1) / deployments
    if (Number.isInteger(round)) {
      const verdicts = closeCalls()
      if (verdicts.length === 0 || round > context.again) return null
      again.push({ deployments: deployment - 1, verdicts })
      context.onNote(`measured again before it fails: ${verdicts.map(({ why }) => why).join('; ')}`)
    }
    const arms = await context.deployAgain(deployment)
    const next = arms && (await open(arms, deployment))
    next?.begin()
    next?.goOn()
    return next
  }

  let measurement: Measurement | null = await open(first, 1)
  measurement.begin()
  measurement.goOn()
  for (let deployment = 1; measurement !== null; deployment++) {
    const present: Measurement = measurement
    measurement = await step(`measure deployment ${deployment}`, async () => {
      say('warm-up', deployment === 1 ? '' : `deployment ${deployment}`)
      // The next deployment is made while this one is measured, and its load begins as this one's ends. Until all agents know when to
      // begin, nothing else takes their time.
      const following = deployment < deployments ? present.begun.then(() => context.deployAgain(deployment + 1)) : null
      following?.catch(() => {})
      await present.untilEnough()
      const arms = present.silent ? null : await following
      const next = arms && (await open(arms, deployment + 1))
      next?.begin()
      const ended = await present.end()
      trials.push(...ended.trials)
      machine.push(...ended.machine)
      next?.goOn()
      return next ?? (present.silent || deployment < deployments ? null : another(deployment + 1))
    })
  }
  return {
    design: chosen.design,
    designWhy: chosen.why,
    unitMs: spec.unitMs,
    ...(chosen.rate !== null && chosen.rateWhy !== null ? { fitted: { rate: chosen.rate, why: chosen.rateWhy } } : {}),
    utilisation: chosen.utilisation,
    machine,
    ...(again.length > 0 ? { again } : {}),
    trials,
  }
}

function wanted({ design, load, fit }: ExperimentSpec): Parameters<typeof chooseDesign>[0] {
  return { design: design === 'trials' ? undefined : design, rate: targetRateOf(load), fit }
}

/** Throws HarnessError CONFIG_INVALID when a turn would be over before a reply. */
function turnsFor({ unitMs }: ExperimentSpec, capacities: readonly Capacity[]): TurnLengths {
  const roundTripMs = Math.max(...capacities.map((one) => one.roundTripMs ?? 0))
  const lengths = turnLengths(capacities.length, unitMs, roundTripMs)
  const refusal = turnRefusal(lengths.turnMs, roundTripMs)
  if (refusal !== null) throw new HarnessError('CONFIG_INVALID', `these arms cannot be measured in slices: ${refusal}`)
  return lengths
}

/** What each arm's agents are told. */
function members(
  spec: ExperimentSpec,
  { design, rate, turns, pause }: ChosenDesign & { turns: TurnLengths | undefined } & Pick<TargetedPlan, 'pause'>,
  arms: readonly ReadyArm[],
  seed: number,
): Member[] {
  const { unitMs, load: asked } = spec
  // A rate in bursts is as it was asked for.
  const load = typeof asked.rate === 'number' && rate !== null ? { ...asked, rate } : asked
  const { turnMs, settleMs, drainMs } = turns ?? {}
  return arms.map((arm, place) => ({
    arm,
    load: {
      ...loadOn(arm, load),
      ...{ seed, unitMs, pause, durationMs: spec.maxDurationMs + graceMs },
      arms: { design, arm: place, arms: arms.length, seed, turnMs, settleMs, drainMs },
    },
  }))
}
