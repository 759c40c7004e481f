import { z } from 'zod'
import { type Churn, changeKinds } from '../../reports/record.ts'
import { fields, parseConfig } from '../config.ts'
import { type RunSharing, trialsWithin } from '../experiment/design.ts'
import type { Profile } from '../experiment/profiles.ts'
import {
  type ArmSpec,
  controlField,
  controlOf,
  type ExperimentSpec,
  meshArmsSpec,
  placementField,
  type RunDefaults,
  trialsField,
} from '../experiment/spec.ts'
import { loadShape, planOf } from '../load/input/load.ts'
import { checkLoad } from '../tools/plan.ts'
import { duration, durationOrNone } from '../units.ts'

/** An experiment whose trials change something while their load runs. */
export interface ChurnSpec extends ExperimentSpec {
  change: Churn['change']
  changes: number
  /** From one change to the next: the time that each has to come into force. */
  everyMs: number
  /** How long a pod goes on serving after it was asked to end, in a rollout. */
  drainMs: number
}

/**
 * Until the load is under way, which it reports after a second, and then the sampler: a busy cluster takes its time to pass that on.
 * What is left of it, both go on after the last change.
 */
export const startAllowanceMs = 5000

/** Until the data plane of a usual cluster has heard that a pod is ending. */
const usualDrainMs = 5000
const usualEveryMs = { endpoint: 2000, rollout: 15_000 } satisfies Record<Churn['change'], number>
const usualChanges = (change: Churn['change'], profile: Profile) => (change === 'endpoint' ? profile.changes : 1)
const everyRange = { from: 500, to: 600_000 }

const churnSchema = (profile: Profile) => {
  // The load has to report that it is under way, which tools do not; its sampler sends HTTP as well.
  const { duration: _, tool: __, toolArgs: ___, stream: ____, ...shape } = loadShape
  return fields({
    /** Absent: the meshes of the run. */
    arms: meshArmsSpec.optional(),
    control: controlField,
    placement: placementField,
    trials: trialsField.default(profile.trials),
    /** endpoint: the pods that a Service selects. rollout: the pods of a Deployment of two, one after the other. */
    change: z.enum(changeKinds, { error: `one of: ${changeKinds.join(', ')}` }),
    /** In each trial; of an endpoint back and forth. */
    changes: z.int({ error: 'a whole number from 1 to 100' }).min(1, 'at least 1').max(100, 'at most 100').optional(),
    every: duration
      .superRefine((ms, context) => {
        if (ms >= everyRange.from && ms <= everyRange.to) return
        context.addIssue({ code: 'custom', input: `${ms}ms`, message: 'a duration from 500ms to 10m' })
      })
      .optional(),
    /** Of a rollout: how long a pod goes on serving, and gives its connections up, after it was asked to end. */
    drain: durationOrNone.optional(),
    /** An open loop that lasts as long as the changes take. */
    load: fields({
      ...shape,
      protocol: z.literal('http', { error: 'http, which is what the workload speaks' }).default('http'),
      rate: shape.rate.default(200),
      warmUp: shape.warmUp.prefault(`${profile.warmUpMs}ms`),
    }).prefault({}),
  }).superRefine(({ change, changes = 0, every = usualEveryMs[change], drain, load }, context) => {
    checkLoad(
      { ...load, toolArgs: [], duration: startAllowanceMs + (changes || usualChanges(change, profile)) * every },
      context,
      ['load'],
    )
    const issue = (field: string, input: unknown, message: string) =>
      context.addIssue({ code: 'custom', path: [field], input, message })
    if (change === 'endpoint' && changes % 2 === 1) issue('changes', changes, 'an even number: back and forth')
    if (change === 'endpoint' && drain !== undefined) issue('drain', `${drain}ms`, 'only of a rollout')
    if (change === 'rollout' && every <= (drain ?? usualDrainMs))
      issue('every', `${every}ms`, `longer than the drain, ${drain ?? usualDrainMs}ms`)
  })
}

/** A churn experiment as people write it. */
export type ChurnInput = z.input<ReturnType<typeof churnSchema>>

/** Fills in the profile's sizes and the run's meshes. Throws HarnessError CONFIG_INVALID naming every wrong field. */
export function parseChurn(
  input: ChurnInput,
  profile: Profile,
  runArms: readonly ArmSpec[],
  run: RunSharing & Pick<RunDefaults, 'probes'> = {},
): ChurnSpec {
  const parsed = parseConfig(churnSchema(profile), input, 'churn')
  const { arms = [...runArms], control, placement, change } = parsed
  const { changes = usualChanges(change, profile), every = usualEveryMs[change] } = parsed
  const load = planOf({ ...parsed.load, toolArgs: [], duration: startAllowanceMs + changes * every })
  const roundMs = arms.length * (load.warmUpMs + load.durationMs)
  return {
    arms,
    control: controlOf(arms, control, 'churn'),
    ...{ placement, change, changes },
    design: 'trials',
    trials: trialsWithin(run.maxDurationMs ?? Number.POSITIVE_INFINITY, parsed.trials, roundMs),
    maxDurationMs: run.maxDurationMs ?? profile.units.maxDurationMs,
    ...{ unitMs: profile.units.unitMs, deployments: 1 },
    everyMs: every,
    drainMs: parsed.drain ?? usualDrainMs,
    // The status of its replies says which side they came from.
    workload: 'http-echo',
    env: {},
    load: { ...load, agents: 1 },
    probes: [...(run.probes ?? [])],
  }
}
