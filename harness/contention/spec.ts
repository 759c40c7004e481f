import { z } from 'zod'
import { workloads } from '../../clusters/workloads/index.ts'
import type { ProbeName } from '../../ebpf/probes/index.ts'
import { strategySchema } from '../../ebpf/scheduler/strategies/strategy.ts'
import { fields, parseConfig } from '../config.ts'
import { type RunSharing, trialsWithin } from '../experiment/design.ts'
import type { Profile } from '../experiment/profiles.ts'
import { type ExperimentSpec, placementField, type RunDefaults, trialsField } from '../experiment/spec.ts'
import { loadShape, planOf } from '../load/input/load.ts'
import { checkLoad } from '../tools/plan.ts'

/** An experiment whose trials run while other pods fight for the CPUs. */
export interface ContentionSpec extends ExperimentSpec {
  /** As they were written: `{ selector, priority, … }`, about the pods of the arm that has them. */
  strategies: readonly Record<string, unknown>[]
  competitors: number
}

export const armNames = { control: 'no strategy', treatment: 'strategy' } as const

/** What always watches. */
export const probeNames: ProbeName[] = ['runqueue']

/** Trials of each arm, where the profile has fewer: they are noisier than others. */
const fewestTrials = 8
const mostCompetitors = 16
const longestLoadMs = 300_000

/** A strategy is checked here and parsed where it is applied: what it becomes is no plain JSON. */
const strategyField = z.record(z.string(), z.unknown(), { error: 'a strategy' }).superRefine((strategy, context) => {
  const parsed = strategySchema.safeParse(strategy, { reportInput: true })
  for (const issue of parsed.error?.issues ?? []) {
    // As it was written: defaults that were filled in are no JSON.
    const input = issue.path.reduce<unknown>((value, key) => Object(value)[key], strategy)
    context.issues.push({ ...issue, input } as never)
  }
  const none = (field: string, message: string) => {
    if (strategy[field] !== undefined)
      context.addIssue({ code: 'custom', path: [field], input: strategy[field], message })
  }
  none('pid', 'none: it is about pods, whose processes are not known before; select them by labels')
  none('namespaces', 'none: it is about the pods of its arm')
  if (!strategy.priority && strategy.execution_time === undefined)
    context.addIssue({
      code: 'custom',
      input: strategy,
      message: 'one with a priority or an execution_time: else nothing differs',
    })
})

const contentionSchema = (profile: Profile) => {
  // A pod that a tool or a stream needs beside it would fight for the CPUs as well.
  const { tool: _, toolArgs: __, stream: ___, ...shape } = loadShape
  return fields({
    placement: placementField,
    trials: trialsField.default(Math.max(fewestTrials, profile.trials)),
    /** What the one arm has, and the other has not. */
    strategies: z
      .array(strategyField, { error: 'a list of strategies' })
      .min(1, 'at least one')
      .max(100, 'at most 100'),
    /** Pods that take what CPU time they can get, each on every CPU that it may use. */
    competitors: z
      .int({ error: `a whole number from 1 to ${mostCompetitors}` })
      .min(1, 'at least 1')
      .max(mostCompetitors, `at most ${mostCompetitors}`)
      .default(3),
    /** Settings of the workload, `http-echo`. */
    env: z.record(z.string(), z.string()).default({}),
    load: fields({
      ...shape,
      protocol: z.literal('http', { error: 'http, which is what the workload speaks' }).default('http'),
      rate: shape.rate.default(200),
      duration: shape.duration.prefault(`${profile.durationMs}ms`),
      warmUp: shape.warmUp.prefault(`${profile.warmUpMs}ms`),
    }).prefault({}),
  })
    .check(({ value, issues }) => {
      for (const issue of workloads['http-echo'].env.safeParse(value.env).error?.issues ?? [])
        issues.push({ code: 'custom', message: issue.message, path: ['env', ...issue.path], input: value.env })
    })
    .superRefine(({ load }, context) => {
      checkLoad({ ...load, toolArgs: [] }, context, ['load'])
      if (load.duration + load.warmUp > longestLoadMs)
        context.addIssue({
          ...{ code: 'custom', path: ['load', 'duration'], input: `${load.duration}ms` },
          message: `at most ${longestLoadMs / 60_000}m, with the warm-up: nothing else gets much done meanwhile`,
        })
    })
}

/** A contention experiment as people write it. */
export type ContentionInput = z.input<ReturnType<typeof contentionSchema>>

/** Fills in the profile's sizes. Throws HarnessError CONFIG_INVALID naming every wrong field. */
export function parseContention(
  input: ContentionInput,
  profile: Profile,
  run: RunSharing & Pick<RunDefaults, 'probes'> = {},
): ContentionSpec {
  const { strategies, competitors, env, placement, ...parsed } = parseConfig(
    contentionSchema(profile),
    input,
    'contention',
  )
  const arm = { mesh: 'baseline', mode: 'none' } as const
  const load = planOf({ ...parsed.load, toolArgs: [] })
  const arms = [
    { ...arm, name: armNames.control, settings: { competitors } },
    { ...arm, name: armNames.treatment, settings: { competitors, strategies } },
  ]
  const roundMs = arms.length * (load.warmUpMs + load.durationMs)
  return {
    ...{ arms, strategies, competitors, env, placement },
    control: armNames.control,
    design: 'trials',
    trials: trialsWithin(run.maxDurationMs ?? Number.POSITIVE_INFINITY, parsed.trials, roundMs),
    maxDurationMs: run.maxDurationMs ?? profile.units.maxDurationMs,
    ...{ unitMs: profile.units.unitMs, deployments: 1 },
    workload: 'http-echo',
    probes: [...new Set([...probeNames, ...(run.probes ?? [])])],
    load: { ...load, agents: 1 },
  }
}
