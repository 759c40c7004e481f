import { z } from 'zod'
import { type MeshName, meshes, meshNames } from '../../clusters/meshes/index.ts'
import type { DataPath } from '../../clusters/provider.ts'
import { workloadNames, workloads } from '../../clusters/workloads/index.ts'
import { fields, parseConfig } from '../config.ts'
import { loadShape } from '../load/spec.ts'
import type { Profile } from './profiles.ts'

/** One treatment: a mesh in one of its modes, or a way through the cluster without one. */
export interface ArmSpec {
  /** What the record, reports and `result.arm()` call it: "istio", "istio:ambient", "node-port apart". */
  name: string
  mesh: MeshName
  mode: string
  path?: DataPath
  nodes?: 'same' | 'apart'
}

const paths = ['pod-ip', 'cluster-ip', 'headless', 'node-port'] as const satisfies readonly DataPath[]

/** A way through the cluster, without a mesh: how the client reaches the server, and whether both are on one node. */
const pathSpec = fields({
  path: z.enum(paths, { error: `one of: ${paths.join(', ')}` }),
  nodes: z.enum(['same', 'apart'], { error: 'one of: same, apart' }).default('same'),
}).transform(({ path, nodes }): ArmSpec => ({ name: `${path} ${nodes}`, mesh: 'baseline', mode: 'none', path, nodes }))

/** An arm as people write it, "mesh" or "mesh:mode". */
export const meshSpec = z.string().transform((name, context): ArmSpec => {
  const [mesh, mode, ...rest] = name.split(':')
  const known = meshNames.find((one) => one === mesh)
  const fail = (message: string) => {
    context.addIssue({ code: 'custom', message, input: name })
    return z.NEVER
  }
  if (!known || rest.length > 0) return fail(`a mesh or mesh:mode; meshes: ${meshNames.join(', ')}`)
  const modes = meshes[known].modes
  if (mode !== undefined && !modes.includes(mode)) return fail(`no such mode of ${known}; one of: ${modes.join(', ')}`)
  return { name, mesh: known, mode: mode ?? (modes[0] as string) }
})

const namedOnce = (arms: readonly ArmSpec[]) => new Set(arms.map(({ name }) => name)).size === arms.length

export const meshesSpec = z
  .array(meshSpec, { error: `a list of meshes, of: ${meshNames.join(', ')}` })
  .min(1, 'at least one mesh')
  .refine(namedOnce, { error: 'an arm is named twice' })

const armsSpec = z
  .array(z.union([meshSpec, pathSpec], { error: 'a mesh, mesh:mode, or { path, nodes }' }), { error: 'a list of arms' })
  .min(1, 'at least one arm')
  .refine(namedOnce, { error: 'an arm is named twice' })

const experimentSchema = (profile: Profile) =>
  fields({
    /** Absent: the meshes of the run. */
    arms: armsSpec.optional(),
    /** The arm that the others are compared with. Absent: baseline where it takes part, else the first. */
    control: z.string().optional(),
    workload: z.enum(workloadNames, { error: `one of: ${workloadNames.join(', ')}` }),
    env: z.record(z.string(), z.string()).default({}),
    load: fields({
      ...loadShape,
      duration: loadShape.duration.prefault(`${profile.durationMs}ms`),
      warmUp: loadShape.warmUp.prefault(`${profile.warmUpMs}ms`),
    }),
    trials: z.int({ error: 'a whole number' }).min(1, 'at least 1').max(1000, 'at most 1000').default(profile.trials),
  }).check(({ value, issues }) => {
    const parsed = workloads[value.workload]?.env.safeParse(value.env)
    for (const issue of parsed?.error?.issues ?? [])
      issues.push({ code: 'custom', message: issue.message, path: ['env', ...issue.path], input: value.env })
  })

/** An experiment as people write it. */
export type ExperimentInput = z.input<ReturnType<typeof experimentSchema>>
export type ExperimentSpec = Omit<z.output<ReturnType<typeof experimentSchema>>, 'arms' | 'control'> & {
  arms: ArmSpec[]
  control: string
}

/** Fills in the profile's sizes and the run's meshes. Throws HarnessError CONFIG_INVALID naming every wrong field. */
export function parseExperiment(input: ExperimentInput, profile: Profile, runArms: readonly ArmSpec[]): ExperimentSpec {
  const { arms = [...runArms], control, ...rest } = parseConfig(experimentSchema(profile), input, 'experiment')
  const names = arms.map(({ name }) => name)
  const chosen = control ?? names.find((name) => name === 'baseline') ?? (names[0] as string)
  parseConfig(z.enum(names, { error: `the name of an arm; one of: ${names.join(', ')}` }), chosen, 'experiment.control')
  return { ...rest, arms, control: chosen }
}
