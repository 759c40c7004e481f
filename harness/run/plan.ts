import { probeNames } from '../../ebpf/probes/index.ts'
import { indicatorOf } from '../../reports/indicators.ts'
import { churnProcedure } from '../churn/procedure.ts'
import { type ChurnInput, type ChurnSpec, parseChurn } from '../churn/spec.ts'
import { contentionProcedure } from '../contention/procedure.ts'
import { type ContentionInput, type ContentionSpec, parseContention } from '../contention/spec.ts'
import type { Procedure } from '../experiment/procedure.ts'
import { profiles } from '../experiment/profiles.ts'
import { type ExperimentInput, type ExperimentSpec, parseExperiment } from '../experiment/spec.ts'
import type { StatedLimit } from '../verdict/stated.ts'
import type { RunContext } from './context.ts'

/** An experiment that is ready to be conducted. */
export interface PlannedExperiment<Spec extends ExperimentSpec = ExperimentSpec> {
  spec: Spec
  /** How its arms are measured. Absent: by a steady load, or by the search that `spec` names. */
  procedure?: Procedure
  /** What it will be judged by: it ends as soon as all of that is clear. Null: nobody knows, and it takes all of its time. */
  limits: StatedLimit[] | null
  /** How often limits that are broken by a close call are measured again. Absent: never. */
  again?: number
}

type Defaults = Pick<RunContext, 'options'>

/** Fills in the run's profile and meshes. `limits` are the suite's, `budgets` those beside them. Throws HarnessError CONFIG_INVALID naming every wrong field. */
export function planExperiment(
  { options }: Defaults,
  input: ExperimentInput,
  limits: PlannedExperiment['limits'] = null,
  budgets: readonly StatedLimit[] = [],
): PlannedExperiment {
  const spec = parseExperiment(input, profiles[options.profile], options.mesh, options)
  return { limits: allOf(limits, budgets), spec: withProbesFor([...(limits ?? []), ...budgets], spec) }
}

/** Where nobody knows what a suite asks, budgets do not say it either. */
const allOf = (limits: PlannedExperiment['limits'], budgets: readonly StatedLimit[]) =>
  limits && [...limits, ...budgets]

/** A limit on what the kernel sees asks for the probe that sees it. Where arms have probes of their own, these are what is compared. */
function withProbesFor(limits: readonly StatedLimit[], spec: ExperimentSpec): ExperimentSpec {
  if (spec.arms.some(({ probes }) => probes)) return spec
  const needed = limits.flatMap(
    ({ indicator }) => probeNames.find((name) => name === indicatorOf(indicator)?.probe) ?? [],
  )
  return { ...spec, probes: [...new Set([...spec.probes, ...needed])] }
}

/** As `planExperiment`, of an experiment in which something changes under load. */
export function planChurn(
  { options }: Defaults,
  input: ChurnInput,
  limits: PlannedExperiment['limits'] = null,
  budgets: readonly StatedLimit[] = [],
): PlannedExperiment<ChurnSpec> {
  const spec = parseChurn(input, profiles[options.profile], options.mesh, options)
  return { spec, limits: allOf(limits, budgets), procedure: churnProcedure(spec) }
}

/** As `planExperiment`, of an experiment in which other pods fight for the CPUs; `missing` says why there can be none here. */
export function planContention(
  { options }: Defaults,
  input: ContentionInput,
  missing: string | null,
  limits: PlannedExperiment['limits'] = null,
  budgets: readonly StatedLimit[] = [],
): PlannedExperiment<ContentionSpec> {
  const spec = parseContention(input, profiles[options.profile], options)
  return { spec, limits: allOf(limits, budgets), procedure: contentionProcedure(spec, missing) }
}
