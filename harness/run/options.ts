import { z } from 'zod'
import { providerNames } from '../../clusters/providers/index.ts'
import { designs } from '../../reports/record.ts'
import { budgetsField } from '../budgets/budget.ts'
import { dashed, type FieldName, fields, parseConfig } from '../config.ts'
import { fewestUnits } from '../experiment/design.ts'
import { profileNames, profiles } from '../experiment/profiles.ts'
import { meshesSpec, probesField } from '../experiment/spec.ts'
import { duration } from '../units.ts'

const choices = (names: readonly string[]) => `one of: ${names.join(', ')}`

const optionsSchema = fields({
  /** Globs, relative to the project, that name its suites. */
  include: z.array(z.string()).min(1, 'at least one glob').default(['**/*.suite.ts']),
  /** Names of suites to run. Empty: all. */
  suites: z.array(z.string()).default([]),
  cluster: z.enum(['auto', ...providerNames], { error: choices(['auto', ...providerNames]) }).default('auto'),
  /** Settings of the cluster's provider, which checks them. */
  clusterSettings: z.record(z.string(), z.unknown(), { error: 'an object' }).default({}),
  /** The arms of experiments that name none themselves. */
  mesh: meshesSpec.prefault(['baseline', 'envoy']),
  profile: z.enum(profileNames, { error: choices(profileNames) }).default('standard'),
  /** How arms share the time, in every experiment that can have it. Absent: what each asks for, else what fits. */
  design: z.enum(designs, { error: choices(designs) }).optional(),
  /** The longest time that an experiment measures. Absent: what each asks for, else the profile's. */
  maxDuration: duration.optional(),
  /** The load may run on the cores of what it loads. Absent: they have different ones where there are two or more. */
  shareCores: z.boolean({ error: 'true or false' }).default(false),
  /** Kernel probes of every experiment. */
  probes: probesField.default([]),
  /** On clusters elsewhere they may run in privileged pods on the nodes. */
  probePods: z.boolean({ error: 'true or false' }).default(false),
  /** Limits that are kept outside of suites, beside those of the project's `meshmark.budgets.yaml`. */
  budgets: budgetsField.default([]),
  /** Decides the order of trials, the deal of arrivals and what statistics draw. Absent: drawn, and written to the record. */
  seed: z.int({ error: 'a whole number' }).min(0, 'at least 0').optional(),
  /** Where the run's files go. Absent: meshmark-results/<run id>. */
  out: z.string().min(1, 'a folder').optional(),
  /** A store to add the record to: a folder, or s3://bucket/prefix. Absent: that of MESHMARK_STORE, if it is set. */
  store: z.string().min(1, 'a folder, or s3://bucket/prefix').optional(),
})
  .superRefine(({ maxDuration, profile }, context) => {
    const { unitMs } = profiles[profile].units
    if (maxDuration === undefined || maxDuration >= fewestUnits * unitMs) return
    const message = `at least ${fewestUnits * unitMs}ms with profile ${profile}: a verdict takes ${fewestUnits} units of ${unitMs}ms`
    context.addIssue({ code: 'custom', path: ['maxDuration'], input: `${maxDuration}ms`, message })
  })
  .transform(({ maxDuration, ...options }) => ({ ...options, maxDurationMs: maxDuration }))

/** Settings of a run, as the plugin's argument or the command line's options. */
export type RunOptionsInput = z.input<typeof optionsSchema>
export type RunOptions = z.output<typeof optionsSchema>

/** The environment variable by which the command line overrides the plugin's settings, as JSON. */
export const overridesVariable = 'MESHMARK_OPTIONS'

/** Settings with the command line's on top. Throws HarnessError CONFIG_INVALID naming every wrong field, those of the command line as its flags. */
export function parseOptions(
  input: unknown,
  overrides = process.env[overridesVariable],
  command = 'meshmark run',
): RunOptions {
  if (overrides === undefined) return parseConfig(optionsSchema, input, 'meshmark()')
  const base = typeof input === 'object' && input !== null ? input : {}
  const flags = JSON.parse(overrides)
  return parseConfig(optionsSchema, { ...base, ...flags }, command, flagNames(flags))
}

/** Fields as the flags that were typed; one that the configuration has set keeps its name. */
const flagNames =
  (flags: Record<string, unknown>): FieldName =>
  (path) => {
    const [field = '', ...inner] = path
    const typed = flags[String(field)]
    if (typed === undefined) return { name: path.join('.') || '(value)' }
    const received = inner.length > 0 ? {} : { received: Array.isArray(typed) ? typed.join(',') : typed }
    // The plugin has a list of them.
    return { name: field === 'probes' ? '--probe' : dashed(String(field)), ...received }
  }
