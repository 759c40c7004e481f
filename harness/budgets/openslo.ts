import { parseAllDocuments, stringify } from 'yaml'
import { z } from 'zod'
import { indicatorOf } from '../../reports/indicators.ts'
import { HarnessError } from '../errors.ts'
import { goodWhen, type Meaning } from './openslo-metric.ts'

// Of https://github.com/OpenSLO/OpenSLO: v1alpha (indicator, ratioMetrics in objectives), v1 (indicator, indicatorRef), v2alpha (sli, sliRef).
const apiVersion = /^openslo(?:\.com)?\/(v1alpha|v1|v2alpha1?)$/

const finite = z.coerce.number().refine(Number.isFinite)
const objectiveSchema = z.looseObject({
  displayName: z.string().optional(),
  op: z.string().optional(),
  value: finite.optional(),
  valueMultiplier: finite.optional(),
  target: finite.optional(),
  targetPercent: finite.optional(),
  timeSliceTarget: z.unknown().optional(),
  compositeWeight: z.unknown().optional(),
  indicator: z.unknown().optional(),
  sli: z.unknown().optional(),
  indicatorRef: z.string().optional(),
  sliRef: z.string().optional(),
  ratioMetrics: z.unknown().optional(),
})
const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({}).default({}),
})
const sloSpec = z.looseObject({
  service: z.string().optional(),
  objectives: z.array(objectiveSchema).min(1),
  indicator: z.unknown().optional(),
  sli: z.unknown().optional(),
  indicatorRef: z.string().optional(),
  sliRef: z.string().optional(),
})
type Objective = z.output<typeof objectiveSchema>
type Slo = z.output<typeof sloSpec>

/** A budget that says what an objective says, or why none does. */
type Imported = { indicator: string; max: number } | { why: string }

/**
 * The objectives of OpenSLO as budgets, the text of a budgets file. `notes` name every object and objective that a budget cannot say, and what of an objective is not
 * in its budget. Throws HarnessError CONFIG_INVALID of what is no YAML, or has no OpenSLO in it.
 */
export function importOpenSlo(text: string, file: string): { yaml: string; notes: string[] } {
  const objects = objectsIn(text, file)
  const slis = new Map(
    objects.filter(({ kind }) => kind === 'SLI').map(({ metadata, spec }) => [metadata.name, { spec }]),
  )
  const notes: string[] = []
  const budgets: Record<string, unknown>[] = []
  for (const { kind, metadata, spec } of objects) {
    const name = `${kind} ${metadata.name}`
    if (kind === 'SLI') continue
    if (kind !== 'SLO') {
      notes.push(`${name}: has no objective`)
      continue
    }
    const slo = sloSpec.safeParse(spec)
    if (!slo.success) {
      notes.push(
        `${name}: ${slo.error.issues.map(({ path, message }) => `spec.${path.join('.')}: ${message}`).join('; ')}`,
      )
      continue
    }
    slo.data.objectives.forEach((objective, i) => {
      const which = `${name}, objective ${i + 1}${objective.displayName ? ` (${objective.displayName})` : ''}`
      const imported = budgetOf(objective, slo.data, slis)
      if ('why' in imported) notes.push(`${which}: not imported: ${imported.why}`)
      else budgets.push(imported)
      if ('max' in imported && objective.timeSliceTarget !== undefined)
        notes.push(`${which}: timeSliceTarget is left out: a run is shorter than its windows`)
    })
  }
  return {
    yaml: `# From ${file.split('/').at(-1)}, by meshmark budgets import.\n${stringify({ budgets }, { flowCollectionPadding: true })}`,
    notes,
  }
}

function objectsIn(text: string, file: string): z.output<typeof objectSchema>[] {
  const documents = parseAllDocuments(text)
  const list = Array.isArray(documents) ? documents : []
  const errors = list.flatMap((document) => document.errors)
  if (errors.length > 0)
    throw new HarnessError(
      'CONFIG_INVALID',
      `${file} is no YAML\n${errors.map(({ message }) => `  ${message}`).join('\n')}`,
    )
  const all = list.flatMap((document) => [document.toJS()].flat()).filter((one) => one !== null && one !== undefined)
  if (all.length === 0) throw new HarnessError('CONFIG_INVALID', `${file} has no OpenSLO object`)
  return all.map((one, i) => {
    const parsed = objectSchema.safeParse(one)
    const version = parsed.data?.apiVersion ?? ''
    if (parsed.success && apiVersion.test(version)) return parsed.data
    const wrong = parsed.success
      ? `apiVersion: received ${JSON.stringify(version)}; openslo/v1alpha, openslo/v1 or openslo.com/v2alpha`
      : parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`).join('; ')
    throw new HarnessError('CONFIG_INVALID', `${file}, object ${i + 1}: ${wrong}`)
  })
}

function budgetOf(objective: Objective, slo: Slo, slis: ReadonlyMap<string, unknown>): Imported {
  const { target, targetPercent } = objective
  const share = target ?? (targetPercent === undefined ? undefined : Number((targetPercent / 100).toPrecision(12)))
  if (share === undefined) return { why: 'neither target nor targetPercent' }
  if (!(share > 0 && share < 1))
    return { why: `a target of ${share}; only what is above 0 and below 1 allows for anything` }
  const ref = objective.indicatorRef ?? objective.sliRef ?? slo.indicatorRef ?? slo.sliRef
  const inline =
    objective.ratioMetrics !== undefined
      ? { spec: { ratioMetric: objective.ratioMetrics } }
      : (objective.indicator ?? objective.sli ?? slo.indicator ?? slo.sli)
  const metric = inline ?? (ref === undefined ? undefined : slis.get(ref))
  if (metric === undefined)
    return { why: ref === undefined ? 'no indicator' : `its indicator ${ref} is not in the file` }
  const meaning = goodWhen(metric, objective)
  if ('why' in meaning) return meaning
  return limitOf(meaning, share)
}

/** So many requests have to be good: as a percentile where that is what is fast enough, as an error rate where it is what succeeds. */
function limitOf(meaning: Exclude<Meaning, { why: string }>, share: number): Imported {
  if (meaning.good === 'answered') return { indicator: 'errorRate', max: Number((1 - share).toPrecision(9)) }
  const [whole = '', decimals = ''] = String(Number((share * 100).toPrecision(9))).split('.')
  const indicator = `p${whole.padStart(2, '0')}${decimals}Ms`
  if (!indicatorOf(indicator)) return { why: `${share} of the requests is no percentile that has a name` }
  return { indicator, max: meaning.withinMs }
}
