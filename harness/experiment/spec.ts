import { z } from 'zod'
import type { Mesh, MeshSettings } from '../../clusters/mesh.ts'
import { type MeshName, meshes, meshNames } from '../../clusters/meshes/index.ts'
import type { DataPath } from '../../clusters/provider.ts'
import { experimentWorkloadNames, experimentWorkloads, workloadNames } from '../../clusters/workloads/index.ts'
import { type ProbeName, probeNames } from '../../ebpf/probes/index.ts'
import { type Design, designs, type Source, sourceSchema } from '../../reports/record.ts'
import { fields, parseConfig } from '../config.ts'
import { loadShape, planOf } from '../load/input/load.ts'
import { rateField } from '../load/input/rate.ts'
import type { LoadPlan } from '../load/plan.ts'
import type { ProtocolName } from '../load/schemes.ts'
import { checkLoad } from '../tools/plan.ts'
import { duration } from '../units.ts'
import { type Objectives, objectivesSchema } from '../verdict/objectives.ts'
import { type ArmProgram, armProgramField } from './arm-program.ts'
import { type FittedRate, fewestTrials, type RunSharing, type Sharing, shareTime, sharingIssues } from './design.ts'
import type { Profile } from './profiles.ts'

/** One treatment: a mesh in one of its modes, or a way through the cluster without one. */
export interface ArmSpec {
  /** What the record, reports and `result.arm()` call it: "istio", "istio:ambient", "node-port other-node". */
  name: string
  mesh: MeshName
  mode: string
  /** Checked by the mesh, its defaults filled in. */
  settings: MeshSettings
  /** Settings of the workload in this arm, over the experiment's. */
  env?: Record<string, string>
  /** In place of the workload's program. */
  program?: ArmProgram
  /** The commit that its program is of. */
  source?: Source
  /** Kernel probes at work in its trials alone: what they cost. */
  probes?: ProbeName[]
  path?: DataPath
  client?: ClientPlace
}

const paths = ['pod-ip', 'cluster-ip', 'headless', 'node-port', 'port-forward'] as const satisfies readonly DataPath[]
const clientPlaces = ['same-node', 'other-node', 'outside'] as const
/** Where the load comes from: the server's node, another one, or this machine, outside the cluster. */
export type ClientPlace = (typeof clientPlaces)[number]
/** The only ways into a cluster, and of them port-forward is no other. */
const waysIn: readonly DataPath[] = ['node-port', 'port-forward']

/** A way through the cluster, without a mesh: how the client reaches the server, and where the client is. */
const pathSpec = fields({
  path: z.enum(paths, { error: `one of: ${paths.join(', ')}` }),
  client: z.enum(clientPlaces, { error: `one of: ${clientPlaces.join(', ')}` }).default('same-node'),
})
  .superRefine(({ path, client }, context) => {
    if (client === 'outside' && !waysIn.includes(path)) {
      const message = `from outside one of: ${waysIn.join(', ')}`
      context.addIssue({ code: 'custom', path: ['path'], input: path, message })
    }
    if (client !== 'outside' && path === 'port-forward') {
      const message = 'port-forward leads in from outside'
      context.addIssue({ code: 'custom', path: ['client'], input: client, message })
    }
  })
  .transform(({ path, client }): ArmSpec => {
    return { name: `${path} ${client}`, mesh: 'baseline', mode: 'none', settings: {}, path, client }
  })

/** An arm as people write it, "mesh" or "mesh:mode". */
export const meshSpec = z.string().transform((name, context): ArmSpec => armOf(name, name, {}, context, []))

/** Kernel probes by name, each once. */
export const probesField = z
  .array(z.enum(probeNames, { error: `one of: ${probeNames.join(', ')}` }), { error: 'a list of probes' })
  .refine((names) => new Set(names).size === names.length, { error: 'a probe is named twice' })

/** An arm that sets something of its mesh, or of the workload. Its settings are part of its name, unless it is given one. */
const configuredMeshSpec = fields({
  mesh: z.string(),
  settings: z.record(z.string(), z.unknown()).default({}),
  env: z.record(z.string(), z.string()).optional(),
  program: armProgramField.optional(),
  source: sourceSchema.optional(),
  probes: probesField.min(1, 'at least one').optional(),
  name: z.string().min(1, 'a name').max(60, 'at most 60 characters').optional(),
}).transform(({ mesh, settings, env, program, source, probes, name }, context): ArmSpec => {
  const own = program && { program: program.image ?? program.file }
  const written = Object.entries({ ...settings, ...env, ...own, ...(probes && { probes }) }).map(
    ([key, value]) => `${key}=${value}`,
  )
  const arm = armOf(mesh, name ?? [mesh, ...written].join(' '), settings, context, ['mesh'])
  return {
    ...arm,
    ...(env && { env }),
    ...(program && { program }),
    ...(source && { source }),
    ...(probes && { probes }),
  }
})

function armOf(
  written: string,
  name: string,
  settings: MeshSettings,
  context: z.core.$RefinementCtx,
  path: string[],
): ArmSpec {
  const [mesh, mode, ...rest] = written.split(':')
  const known = meshNames.find((one) => one === mesh)
  const fail = (message: string) => {
    context.issues.push({ code: 'custom', message, input: written, path })
    return z.NEVER
  }
  if (!known || rest.length > 0) return fail(`a mesh or mesh:mode; meshes: ${meshNames.join(', ')}`)
  const spec: Mesh = meshes[known]
  const { modes } = spec
  if (mode !== undefined && !modes.includes(mode)) return fail(`no such mode of ${known}; one of: ${modes.join(', ')}`)
  const chosen = mode ?? (modes[0] as string)
  const parsed = (spec.settingsOf?.(chosen) ?? spec.settings).safeParse(settings, { reportInput: true })
  for (const issue of parsed.error?.issues ?? [])
    context.issues.push({ ...issue, path: ['settings', ...issue.path], input: issue.input } as never)
  return { name, mesh: known, mode: chosen, settings: parsed.data ?? {} }
}

const namedOnce = (arms: readonly ArmSpec[]) => new Set(arms.map(({ name }) => name)).size === arms.length

export const meshesSpec = z
  .array(meshSpec, { error: `a list of meshes, of: ${meshNames.join(', ')}` })
  .min(1, 'at least one mesh')
  .refine(namedOnce, { error: 'an arm is named twice' })

/** Arms that differ in their meshes alone. */
export const meshArmsSpec = z
  .array(z.union([meshSpec, configuredMeshSpec], { error: 'a mesh, mesh:mode, or { mesh, settings, env }' }), {
    error: 'a list of arms',
  })
  .min(1, 'at least one arm')
  .refine(namedOnce, { error: 'an arm is named twice' })

const armsSpec = z
  .array(
    z.union([meshSpec, configuredMeshSpec, pathSpec], {
      error: 'a mesh, mesh:mode, { mesh, settings, env }, or { path, client }',
    }),
    {
      error: 'a list of arms',
    },
  )
  .min(1, 'at least one arm')
  .refine(namedOnce, { error: 'an arm is named twice' })

const toleration = fields({
  key: z.string(),
  value: z.string().exactOptional(),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'], { error: 'one of: NoSchedule, PreferNoSchedule, NoExecute' })
    .exactOptional(),
})

/** The nodes that an experiment keeps to, servers and clients. */
const placementSpec = fields({
  nodeLabels: z.record(z.string(), z.string()).default({}),
  architecture: z.string().exactOptional(),
  tolerations: z.array(toleration).default([]),
})

const rate = z
  .number({ error: 'a number of requests a second' })
  .positive('above 0')
  .max(10_000_000, 'at most 10000000')

const streaming = (protocol: ProtocolName) => protocol === 'tcp' || protocol === 'udp'

/** Instead of a fixed rate: the highest one that keeps these objectives is looked for in every trial. */
const searchShape = fields({
  keeping: objectivesSchema,
  from: rate.default(500),
  to: rate.default(1_000_000),
  /** 0.1: the rate is known within 10 %. */
  resolution: z.number().min(0.01, 'at least 0.01').max(1, 'at most 1').default(0.1),
})
export type SearchSpec = Omit<z.output<typeof searchShape>, 'keeping'> & { keeping: Objectives }

/** Of an experiment alone: conditioning finds what each arm holds. */
const fittedRate = fields({
  atMost: rate,
  utilisation: z
    .number({ error: 'a share from 0.05 to 0.9' })
    .min(0.05, 'at least 0.05')
    .max(0.9, 'at most 0.9')
    .default(0.5),
})

const experimentRate = z.union([fittedRate, ...rateField.options], {
  error: 'a number, { atMost, utilisation? }, { from, to }, { steps }, { burst, every, base? } or { replay }',
})

/** `trials` of an experiment, where it has any. */
export const trialsField = z
  .int({ error: 'a whole number' })
  .min(fewestTrials, `at least ${fewestTrials}: fewer can show nothing`)
  .max(1000, 'at most 1000')

/** The arm that the others are compared with. Absent: baseline where it takes part, else the first. */
export const controlField = z.string().optional()
export const placementField = placementSpec.prefault({})

const isFitted = (rate: unknown): rate is FittedRate => typeof rate === 'object' && rate !== null && 'atMost' in rate
/** A rate as far as it is known before it is fitted. */
const atMostOf = (rate: LoadPlan['rate'] | FittedRate) => (isFitted(rate) ? rate.atMost : rate)

/** What the run's meshes, profile and options leave to an experiment. */
export interface RunDefaults extends RunSharing {
  profile: Profile
  arms: readonly ArmSpec[]
  probes?: readonly ProbeName[]
}

const experimentInputSchema = (defaults: RunDefaults) =>
  fields({
    /** Absent: the meshes of the run. */
    arms: armsSpec.optional(),
    control: controlField,
    workload: z.enum(experimentWorkloadNames, { error: `one of: ${workloadNames.join(', ')}` }),
    env: z.record(z.string(), z.string()).default({}),
    placement: placementField,
    /** How the arms share the time. Absent: paired or slices, whichever there is room for; trials where nothing else is possible. */
    design: z.enum(designs, { error: `one of: ${designs.join(', ')}` }).optional(),
    /** The longest time measured, all arms together. Absent: the profile's. */
    maxDuration: duration.optional(),
    load: fields({
      ...loadShape,
      rate: experimentRate.optional(),
      /** Of trials, how long each is measured; else as `maxDuration`. */
      duration: duration.optional(),
      warmUp: loadShape.warmUp.unwrap().optional(),
      /** Programs that make the load together, each with its part of the rate and of the connections. */
      agents: z
        .int({ error: 'a whole number from 1 to 1000' })
        .min(1, 'at least 1')
        .max(1000, 'at most 1000')
        .default(1),
    }).superRefine(({ agents, connections, tool }, context) => {
      const fail = (message: string) => context.addIssue({ code: 'custom', path: ['agents'], input: agents, message })
      if (agents > connections) fail(`at most as many as there are connections, ${connections}`)
      if (agents > 1 && tool) fail(`1, with ${tool}`)
    }),
    search: searchShape.optional(),
    /** Of an experiment of trials, how many each arm has. */
    trials: trialsField.optional(),
    /** Kernel probes that watch the arms' pods meanwhile, besides those of the run. */
    probes: probesField.default([]),
  })
    .check(({ value, issues }) => {
      const ofArms = (value.arms ?? []).map(({ env = {} }, i) => ({ env, path: ['arms', i, 'env'] }))
      for (const { env, path } of [{ env: value.env, path: ['env'] }, ...ofArms])
        for (const issue of experimentWorkloads[value.workload]?.env.safeParse(env).error?.issues ?? [])
          issues.push({ code: 'custom', message: issue.message, path: [...path, ...issue.path], input: env })
      const { entry, ports } = experimentWorkloads[value.workload]
      if (!entry && !value.arms?.every(({ program }) => program))
        issues.push({
          code: 'custom',
          message: `each with a program, of workload ${value.workload}`,
          path: ['arms'],
          input: value.arms?.map(({ name }) => name),
        })
      const { protocol } = value.load
      if (streaming(protocol) && !(protocol in ports))
        issues.push({
          code: 'custom',
          message: `one that ${value.workload} receives; its ports: ${Object.keys(ports).join(', ')}`,
          path: ['load', 'protocol'],
          input: protocol,
        })
      if (value.load.tool !== undefined && streaming(protocol))
        issues.push({
          code: 'custom',
          message: `none of streams: ${value.load.tool} needs a server of its own, which no workload is`,
          path: ['load', 'tool'],
          input: value.load.tool,
        })
      if (value.search && streaming(protocol))
        issues.push({ code: 'custom', message: 'not of streams', path: ['search'], input: value.search })
      if (value.probes.length > 0 && value.arms?.some((arm) => arm.probes))
        issues.push({
          code: 'custom',
          message: 'none, where arms have their own',
          path: ['probes'],
          input: value.probes,
        })
      if (value.search && value.load.rate !== undefined)
        issues.push({
          code: 'custom',
          message: 'none, where a rate is searched for',
          path: ['load', 'rate'],
          input: value.load.rate,
        })
      if (value.search && value.search.from > value.search.to)
        issues.push({
          code: 'custom',
          message: `at most search.to, ${value.search.to}`,
          path: ['search', 'from'],
          input: value.search.from,
        })
    })
    .superRefine((input, context) => {
      const { load, search } = input
      const sharing: Sharing = { ...input, ...sharingOf(input.arms ?? defaults.arms) }
      const { durationMs, warmUpMs } = shareTime(sharing, defaults.profile, defaults)
      // What is searched for is the rate of an open loop.
      const asked = { ...load, rate: atMostOf(load.rate) ?? search?.from, duration: durationMs, warmUp: warmUpMs }
      checkLoad(asked, context, ['load'])
      for (const [field, received, message] of sharingIssues(sharing, defaults.profile, defaults))
        context.addIssue({ code: 'custom', path: field.split('.'), input: received, message })
    })

const sharingOf = (arms: readonly ArmSpec[]) => ({
  arms: arms.length,
  ownProbes: arms.some(({ probes }) => probes !== undefined),
})

/** The workload's port that a load goes to: the one named as its protocol, or as what that goes over; else the first. */
export function portFor(
  workload: ExperimentSpec['workload'],
  { protocol, inference }: Pick<ExperimentSpec['load'], 'protocol' | 'inference'>,
): { name: string; number: number } {
  const { ports } = experimentWorkloads[workload]
  const wanted: string = protocol === 'inference' ? (inference?.over ?? protocol) : protocol
  const [name, number] = Object.entries(ports).find(([port]) => port === wanted) ?? Object.entries(ports)[0] ?? []
  return { name: name ?? '', number: number ?? 0 }
}

/** An experiment as people write it. */
export type ExperimentInput = z.input<ReturnType<typeof experimentInputSchema>>
export type ExperimentSpec = Pick<
  z.output<ReturnType<typeof experimentInputSchema>>,
  'workload' | 'env' | 'placement'
> & {
  arms: ArmSpec[]
  control: string
  /** Undefined: paired or slices, whichever the machine has room for. */
  design: Design | undefined
  /** The longest time measured, all arms and deployments together. */
  maxDurationMs: number
  /** Of what is not measured in trials: the length of a unit, which is more where an arm has too few requests in it. */
  unitMs: number
  /** Of the same: how often each arm is deployed. */
  deployments: number
  /** Of an experiment of trials, how many each arm has. */
  trials: number
  /** Its duration is that of a trial, else the longest time measured. Its rate, where it is to be fitted, is the highest allowed. */
  load: LoadPlan & { agents: number }
  /** The rate is to be fitted to the slowest arm. */
  fit?: FittedRate | undefined
  search?: SearchSpec | undefined
  probes: ProbeName[]
}

/** Fills in the profile's sizes and the run's meshes. Throws HarnessError CONFIG_INVALID naming every wrong field. */
export function parseExperiment(
  input: ExperimentInput,
  profile: Profile,
  runArms: readonly ArmSpec[],
  run: RunSharing & Pick<RunDefaults, 'probes'> = {},
): ExperimentSpec {
  const parsed = parseConfig(experimentInputSchema({ ...run, profile, arms: runArms }), input, 'experiment')
  const { arms = [...runArms], control, workload, env, placement, search } = parsed
  const { agents, rate: written, ...load } = parsed.load
  const { durationMs, warmUpMs, ...shared } = shareTime({ ...parsed, ...sharingOf(arms) }, profile, run)
  const plan = planOf({ ...load, rate: atMostOf(written), duration: durationMs, warmUp: warmUpMs })
  return {
    ...{ workload, env, placement, arms, control: controlOf(arms, control, 'experiment') },
    ...shared,
    unitMs: profile.units.unitMs,
    deployments: shared.design === 'trials' ? 1 : profile.units.deployments,
    load: { ...plan, agents },
    // Where arms differ in their probes, any other would be in all of them.
    probes: sharingOf(arms).ownProbes ? [] : [...new Set([...(run.probes ?? []), ...parsed.probes])],
    ...(isFitted(written) && { fit: written }),
    ...(search && { search: search as SearchSpec }),
  }
}

/** The arm that the others are compared with. Throws HarnessError CONFIG_INVALID when `chosen` is none of them. */
export function controlOf(arms: readonly ArmSpec[], chosen: string | undefined, what: string): string {
  const names = arms.map(({ name }) => name)
  const control = chosen ?? names.find((name) => name === 'baseline') ?? (names[0] as string)
  const schema = z.enum(names, { error: `the name of an arm; one of: ${names.join(', ')}` })
  return parseConfig(schema, control, `${what}.control`)
}
