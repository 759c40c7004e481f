import { z } from 'zod'
import type { Arm, Verdict } from '../../reports/record.ts'
import { fields, parseConfig } from '../config.ts'
import { type Indicator, indicators } from './indicators.ts'
import { bootstrapInterval, holm, location, mannWhitney, ratio, shift } from './statistics.ts'

/** With fewer trials an arm no result can reach α = 0.05 with room to spare. */
export const minimumTrials = 5
const confidence = 0.95

const finite = z.number({ error: 'a finite number' })
const limitSchema = fields({ max: finite.optional(), min: finite.optional() }, 'field')
  .refine(({ max, min }) => max !== undefined || min !== undefined, { error: 'needs max, min or both' })
  .refine(({ max, min }) => max === undefined || min === undefined || min <= max, { error: 'min is above max' })

/** An object whose keys are indicators. */
const perIndicator = <T extends z.ZodType>(value: T) =>
  fields(Object.fromEntries(Object.keys(indicators).map((name) => [name, value.optional()])), 'indicator').refine(
    (given) => Object.keys(given).length > 0,
    { error: 'names no indicator' },
  )
export const objectivesSchema = perIndicator(limitSchema)
const budgetsSchema = perIndicator(finite)

export type Objectives = Record<string, { max?: number; min?: number }>
export type Budgets = Record<string, number>

/** Judges an arm by itself. Throws HarnessError CONFIG_INVALID for an unknown indicator or a limit that is none. */
export function judgeObjectives(arm: Arm, input: Objectives, seed: number): Verdict[] {
  const objectives = parseConfig(objectivesSchema, input, 'toMeetObjectives') as Objectives
  return Object.entries(objectives).map(([name, limit]) =>
    judge({ kind: 'objective', name, limit, arm, over: null }, seed),
  )
}

/** Judges what an arm adds to another. `max` of each budget is in the indicator's unit. Throws as judgeObjectives does. */
export function judgeBudgets(arm: Arm, over: Arm, input: Budgets, seed: number): Verdict[] {
  const budgets = parseConfig(budgetsSchema, input, 'toAddAtMost') as Budgets
  const verdicts = Object.entries(budgets).map(([name, max]) =>
    judge({ kind: 'budget', name, limit: { max }, arm, over }, seed),
  )
  const adjusted = holm(verdicts.map(({ pValue }) => pValue ?? 1))
  return verdicts.map((verdict, i) => ({
    ...verdict,
    pValue: verdict.pValue === null ? null : (adjusted[i] as number),
  }))
}

/** Judges how much of another arm an arm keeps: 0.5 is half of it. Throws as judgeObjectives does. */
export function judgeShares(arm: Arm, over: Arm, input: Budgets, seed: number): Verdict[] {
  const shares = parseConfig(budgetsSchema, input, 'toKeepAtLeast') as Budgets
  return Object.entries(shares).map(([name, min]) => judge({ kind: 'share', name, limit: { min }, arm, over }, seed))
}

interface Case {
  kind: Verdict['kind']
  name: string
  limit: Verdict['limit']
  arm: Arm
  over: Arm | null
}

interface Sample {
  values: number[]
  /** Trials that could not be used, by the reason. */
  left: Map<string, number[]>
}

/** The generator's lateness only ever adds to an arm: what passes with it would pass without, so it is held against a trial only then. */
function judge(one: Case, seed: number): Verdict {
  const { arm, over, name, limit } = one
  const lagLimit = Math.min(...[limit.max, limit.min].filter((value) => value !== undefined).map(Math.abs)) / 10
  const others = over ? [collect(over, name, lagLimit)] : []
  if (limit.min === undefined) {
    const verdict = settle(one, [collect(arm, name, Infinity), ...others], seed)
    if (verdict.outcome === 'pass') return verdict
  }
  return settle(one, [collect(arm, name, lagLimit), ...others], seed)
}

/**
 * The indicator's value in each trial that can be trusted. Send lag is part of every latency, so a trial whose send-lag p99 is above
 * `lagLimit` (in the indicator's unit) cannot tell. Error rates count every trial: errors are what spoils one.
 */
function collect(arm: Arm, name: string, lagLimit: number): Sample {
  const { of, unit, latency, ofErrors } = indicators[name] as Indicator
  const lagLimitUs = lagLimit * (unit === 'ms' ? 1000 : 1)
  const sample: Sample = { values: [], left: new Map() }
  for (const trial of arm.trials) {
    const reasons = ofErrors ? [] : [...trial.validity.reasons]
    const lagUs = trial.load.sendLag.p99Us
    if (latency && lagUs !== null && lagLimitUs > 0 && lagUs > lagLimitUs)
      reasons.push(`send-lag p99 above ${digits(lagLimitUs)} µs, a tenth of the limit`)
    const value = of(trial)
    if (value === null && reasons.length === 0) reasons.push(`${name} was not measured`)
    for (const reason of reasons) sample.left.set(reason, [...(sample.left.get(reason) ?? []), trial.index])
    if (reasons.length === 0) sample.values.push(value as number)
  }
  return sample
}

function settle({ kind, name, limit, arm, over }: Case, samples: readonly Sample[], seed: number): Verdict {
  const unit = kind === 'share' ? '×' : (indicators[name] as Indicator).unit
  const [mine = [], theirs] = samples.map(({ values }) => values)
  const verdict = {
    kind,
    indicator: name,
    unit,
    limit,
    arm: arm.name,
    over: over?.name ?? null,
    measured: null,
    interval: null,
    confidence,
    pValue: null,
    trials: { arm: mine.length, over: theirs?.length ?? null },
  }
  const subject = over
    ? kind === 'share'
      ? `${name} of ${arm.name} over that of ${over.name}`
      : `${arm.name} adds to ${over.name} at ${name}`
    : `${name} of ${arm.name}`

  const skipped = [arm, over].find((one) => one?.skipped)
  if (skipped) return { ...verdict, outcome: 'inconclusive', why: `${skipped.name} did not run: ${skipped.skipped}` }
  if (samples.some(({ values }) => values.length < minimumTrials)) {
    const left = samples.flatMap((sample, i) =>
      [...sample.left].map(
        ([reason, trials]) => `${(i === 0 ? arm : (over as Arm)).name}: ${reason} (${listed(trials)})`,
      ),
    )
    const counts = samples.map(({ values }) => values.length).join(' and ')
    const few = `${subject}: too few usable trials (${counts}; ${minimumTrials} an arm are needed)`
    return { ...verdict, outcome: left.length > 0 ? 'invalid' : 'inconclusive', why: [few, ...left].join('; ') }
  }

  const values = theirs ? [mine, theirs] : [mine]
  const estimate = theirs ? (kind === 'share' ? ratio : shift) : location
  const measured = (estimate as (...samples: number[][]) => number)(...values)
  const { low, high } = bootstrapInterval(values, estimate as (...samples: number[][]) => number, { confidence, seed })
  const outcome = compare(limit, low, high)
  const amount = (value: number) => `${digits(value)}${unit === '' ? '' : ` ${unit}`}`
  const bounds = [
    ...(limit.max === undefined ? [] : [`≤ ${amount(limit.max)}`]),
    ...(limit.min === undefined ? [] : [`≥ ${amount(limit.min)}`]),
  ].join(' and ')
  return {
    ...verdict,
    measured,
    interval: [low, high],
    pValue: theirs ? mannWhitney(mine, theirs) : null,
    outcome,
    why: `${subject}: ${amount(measured)} [${digits(low)}, ${digits(high)}], target ${bounds}: ${consequences[outcome]}`,
  }
}

const consequences = {
  pass: 'the whole interval keeps it',
  fail: 'the whole interval breaks it',
  inconclusive: 'the interval lies on both sides: more trials or a quieter machine are needed',
}

function compare(
  { max = Infinity, min = -Infinity }: Verdict['limit'],
  low: number,
  high: number,
): keyof typeof consequences {
  if (low > max || high < min) return 'fail'
  return high <= max && low >= min ? 'pass' : 'inconclusive'
}

const listed = (trials: readonly number[]) => `${trials.length === 1 ? 'trial' : 'trials'} ${trials.join(', ')}`

/** Three significant digits, as people read them. */
export function digits(value: number): string {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)))
}
