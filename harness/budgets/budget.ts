import { z } from 'zod'
import { indicatorNames, indicatorOf, indicators } from '../../reports/indicators.ts'
import { percentilePattern } from '../../reports/percentiles.ts'
import type { Verdict } from '../../reports/record.ts'
import { fields } from '../config.ts'
import { amountForm, amountOf } from './amount.ts'
import { nearest } from './nearest.ts'

const finite = z.number({ error: 'a finite number' })
const text = z.string({ error: 'a text' }).min(1, 'a text')

const noIndicator = ({ input }: { input?: unknown }) => {
  const alike = nearest(String(input), [...indicators.map(({ name }) => name), 'p95Ms', 'p95Us'])
  return alike.length > 0 ? `no such indicator; the nearest: ${alike.join(', ')}` : `an indicator: ${indicatorNames()}`
}

const tableNames = indicators.map(({ name }) => name)
const indicatorField = z
  .union([z.enum(tableNames, { error: noIndicator }), z.string({ error: noIndicator }).regex(percentilePattern)], {
    error: noIndicator,
  })
  .meta({ description: 'What is limited: an indicator of reports, or any percentile of latency, as p95Ms.' })

const environmentField = fields({
  cluster: text.optional().meta({ description: 'The provider of the cluster, as kind.' }),
  architecture: text.optional().meta({ description: 'As Node names it: x64, arm64.' }),
  cpuModel: text.optional().meta({ description: 'A part of its name, as EPYC.' }),
}).meta({ description: 'Only on such machines and clusters.' })

const overForms = '"control", "merge-base" or { baseline: { window: 20 } }'
const baselineField = fields({
  baseline: fields({
    window: z
      .int({ error: 'a whole number of runs' })
      .min(3, 'at least 3: fewer runs say nothing of their spread')
      .max(1000, 'at most 1000')
      .default(20),
  }),
})
const overField = z.union([z.literal('control'), z.literal('merge-base'), baselineField], { error: overForms }).meta({
  description:
    'What it is set beside: the control arm of the same run, the commit where the branch began, or the last runs before it.',
})

const amountField = z
  .union([finite, z.string().regex(/^\s*[+−-]?\d/, amountForm)], { error: amountForm })
  .meta({ description: 'The most that it may be worse: "+5%", "+2ms", or a number in the unit of the indicator.' })

/** A budget as people write it. */
export const budgetInput = fields({
  suite: text.optional().meta({ description: 'The name of a suite; absent: every suite.' }),
  test: text.optional().meta({ description: 'The name of a test, whole; absent: every test.' }),
  arm: text
    .optional()
    .meta({ description: 'The name of an arm; absent: every arm but the control, or the only one there is.' }),
  environment: environmentField.optional(),
  indicator: indicatorField,
  max: finite.optional().meta({ description: 'An objective: the highest value, in the unit of the indicator.' }),
  min: finite.optional().meta({ description: 'An objective: the lowest value, in the unit of the indicator.' }),
  over: overField.optional(),
  atMost: amountField.optional(),
})

export type BudgetInput = z.input<typeof budgetInput>

export const budgetForms = ['objective', 'control', 'baseline', 'merge-base'] as const
/** By itself, or beside what. */
export type BudgetForm = (typeof budgetForms)[number]

/** A limit that is kept outside of suites, on every experiment that it fits. Plain data. */
export interface Budget extends Pick<z.output<typeof budgetInput>, 'suite' | 'test' | 'arm' | 'environment'> {
  indicator: string
  form: BudgetForm
  /** Of a baseline: so many runs before the candidate. */
  window: number | null
  /** On the ratio to what it is set beside, where 1 is no difference; else on the value, or the difference, in the indicator's unit. */
  relative: boolean
  limit: Verdict['limit']
}

/** Reads a budget. What its fields ask of each other is checked here: an objective has max or min, any other `over` and `atMost`. */
export const budgetSchema = budgetInput.transform((written, context): Budget => {
  const { suite, test, arm, environment, indicator: name, max, min, over, atMost } = written
  const fail = (field: keyof BudgetInput, message: string): Budget => {
    context.issues.push({ code: 'custom', path: [field], input: written[field], message })
    return z.NEVER
  }
  const where = {
    ...(suite !== undefined && { suite }),
    ...(test !== undefined && { test }),
    ...(arm !== undefined && { arm }),
    ...(environment !== undefined && { environment }),
    indicator: name,
  }
  const indicator = indicatorOf(name)
  if (!indicator) return fail('indicator', noIndicator({ input: name }))
  const bounds = { ...(max !== undefined && { max }), ...(min !== undefined && { min }) }
  if (over === undefined) {
    if (atMost !== undefined) return fail('over', `what atMost is counted from: ${overForms}`)
    if (Object.keys(bounds).length === 0) return fail('max', 'max or min, or over with atMost')
    if (max !== undefined && min !== undefined && min > max) return fail('min', `at most max, ${max}`)
    const share = [max, min].some((bound) => bound !== undefined && (bound < 0 || bound > 1))
    if (indicator.counts && share) return fail(max === undefined ? 'min' : 'max', 'a share from 0 to 1: 0.05 is 5 %')
    return { ...where, form: 'objective', window: null, relative: false, limit: bounds }
  }
  for (const bound of ['max', 'min'] as const)
    if (written[bound] !== undefined) return fail(bound, 'none, where there is an over: atMost is the limit')
  if (atMost === undefined) return fail('atMost', amountForm)
  const amount = amountOf(atMost, indicator)
  if (typeof amount === 'string') return fail('atMost', amount)
  return {
    ...where,
    form: typeof over === 'string' ? over : 'baseline',
    window: typeof over === 'string' ? null : over.baseline.window,
    ...amount,
  }
})

export const budgetsField = z.array(budgetSchema, { error: 'a list of budgets' })

/** A budget in a line, as people say it: "p99Ms ≤ 10 of envoy in http". */
export function budgetWords({
  indicator,
  form,
  window,
  relative,
  limit,
  suite,
  test,
  arm,
  environment,
}: Budget): string {
  const bound = (value: number) => (relative ? `${Number((100 * (value - 1)).toFixed(6))} %` : `${value}`)
  const signed = (value: number) =>
    form === 'objective' || bound(value).startsWith('-') ? bound(value) : `+${bound(value)}`
  const { max, min } = limit
  const beside = { objective: '', control: ' over the control', 'merge-base': ' over the merge base' }
  const limits = [
    ...(max === undefined ? [] : [`≤ ${signed(max)}`]),
    ...(min === undefined ? [] : [`≥ ${signed(min)}`]),
  ]
  return [
    `${indicator} ${limits.join(' and ')}${form === 'baseline' ? ` over the last ${window} runs` : beside[form]}`,
    `of ${arm ?? 'every treatment'}`,
    ...(suite === undefined ? [] : [`in ${suite}`]),
    ...(test === undefined ? [] : [`› ${test}`]),
    ...Object.entries(environment ?? {}).map(([field, value]) => `where ${field} is ${value}`),
  ].join(' ')
}
