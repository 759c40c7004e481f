import { z } from 'zod'
import type { Arm, Outcome, Verdict } from '../../reports/record.ts'
import { fields, parseConfig } from '../config.ts'
import { type Indicator, indicators } from './indicators.ts'
import { bootstrapInterval, holm, location, mannWhitney, shift } from './statistics.ts'

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
const objectivesSchema = perIndicator(limitSchema)
const budgetsSchema = perIndicator(finite)

export type Objectives = Record<string, { max?: number | undefined; min?: number | undefined }>
export type Budgets = Record<string, number>

/** Judges an arm by itself. Throws HarnessError CONFIG_INVALID for an unknown indicator or a limit that is none. */
export function judgeObjectives(arm: Arm, input: Objectives, seed: number): Verdict[] {
  const objectives = parseConfig(objectivesSchema, input, 'toMeetObjectives') as Objectives
  return Object.entries(objectives).map(([name, limit]) => {
    const sample = collect(arm, name, resolution(limit))
    const values = sample.values
    return settle({
      kind: 'objective',
      name,
      limit: {
        ...(limit.max === undefined ? {} : { max: limit.max }),
        ...(limit.min === undefined ? {} : { min: limit.min }),
      },
      arm,
      over: null,
      samples: [sample],
      estimate: () => location(values),
      interval: () => bootstrapInterval([values], location, { confidence, seed }),
      pValue: null,
    })
  })
}

/** Judges what an arm adds to another. `max` of each budget is in the indicator's unit. Throws as judgeObjectives does. */
export function judgeBudgets(arm: Arm, over: Arm, input: Budgets, seed: number): Verdict[] {
  const budgets = parseConfig(budgetsSchema, input, 'toAddAtMost') as Budgets
  const entries = Object.entries(budgets).map(([name, max]) => {
    const samples = [collect(arm, name, Math.abs(max)), collect(over, name, Math.abs(max))] as const
    const enough = samples.every(({ values }) => values.length >= minimumTrials)
    return { name, max, samples, p: enough ? mannWhitney(samples[0].values, samples[1].values) : null }
  })
  const adjusted = holm(entries.map(({ p }) => p ?? 1))
  return entries.map(({ name, max, samples, p }, index) => {
    const [mine, theirs] = samples.map(({ values }) => values) as [number[], number[]]
    return settle({
      kind: 'budget',
      name,
      limit: { max },
      arm,
      over,
      samples,
      estimate: () => shift(mine, theirs),
      interval: () => bootstrapInterval([mine, theirs], shift, { confidence, seed }),
      pValue: p === null ? null : (adjusted[index] as number),
    })
  })
}

interface Sample {
  values: number[]
  /** Trials that could not be used, by the reason. */
  left: Map<string, number[]>
}

const resolution = ({ max, min }: { max?: number | undefined; min?: number | undefined }) =>
  Math.min(...[max, min].filter((value) => value !== undefined).map(Math.abs))

/**
 * The indicator's value in each trial that can be trusted for a limit of this size. Send lag is part of every latency, so a trial
 * whose send-lag p99 is above a tenth of the limit cannot tell. The error rate counts every trial: errors are what spoils one.
 */
function collect(arm: Arm, name: string, limit: number): Sample {
  const { of, unit, latency } = indicators[name] as Indicator
  const lagLimitUs = (limit / 10) * (unit === 'ms' ? 1000 : 1)
  const sample: Sample = { values: [], left: new Map() }
  for (const trial of arm.trials) {
    const reasons = name === 'errorRate' ? [] : [...trial.validity.reasons]
    const lagUs = trial.load.sendLag.p99Us
    if (latency && lagUs !== null && limit > 0 && lagUs > lagLimitUs)
      reasons.push(`send-lag p99 above ${digits(lagLimitUs)} µs, a tenth of the limit`)
    const value = of(trial)
    if (value === null) reasons.push(`${name} was not measured`)
    for (const reason of reasons) sample.left.set(reason, [...(sample.left.get(reason) ?? []), trial.index])
    if (reasons.length === 0) sample.values.push(value as number)
  }
  return sample
}

interface Case {
  kind: Verdict['kind']
  name: string
  limit: Verdict['limit']
  arm: Arm
  over: Arm | null
  samples: readonly Sample[]
  estimate(): number
  interval(): { low: number; high: number }
  pValue: number | null
}

function settle({ kind, name, limit, arm, over, samples, estimate, interval, pValue }: Case): Verdict {
  const { unit } = indicators[name] as Indicator
  const counts = { arm: samples[0]?.values.length ?? 0, over: over ? (samples[1]?.values.length ?? 0) : null }
  const verdict = {
    kind,
    indicator: name,
    unit,
    limit,
    arm: arm.name,
    over: over?.name ?? null,
    confidence,
    trials: counts,
  }
  const subject = kind === 'budget' ? `${arm.name} adds to ${over?.name} at ${name}` : `${name} of ${arm.name}`

  const skipped = [arm, over].find((one) => one?.skipped)
  if (skipped)
    return {
      ...verdict,
      measured: null,
      interval: null,
      pValue: null,
      outcome: 'inconclusive',
      why: `${skipped.name} did not run: ${skipped.skipped}`,
    }
  if (samples.some(({ values }) => values.length < minimumTrials)) {
    const left = samples.flatMap((sample, i) =>
      [...sample.left].map(
        ([reason, trials]) => `${(i === 0 ? arm : (over as Arm)).name}: ${reason} (${listed(trials)})`,
      ),
    )
    const few = `${subject}: too few usable trials (${[counts.arm, counts.over].filter((n) => n !== null).join(' and ')}; ${minimumTrials} an arm are needed)`
    const outcome: Outcome = left.length > 0 ? 'invalid' : 'inconclusive'
    return { ...verdict, measured: null, interval: null, pValue: null, outcome, why: [few, ...left].join('; ') }
  }

  const measured = estimate()
  const { low, high } = interval()
  const outcome = compare(limit, low, high)
  const amount = (value: number) => `${digits(value)}${unit === '' ? '' : ` ${unit}`}`
  const bounds = [
    ...(limit.max === undefined ? [] : [`≤ ${amount(limit.max)}`]),
    ...(limit.min === undefined ? [] : [`≥ ${amount(limit.min)}`]),
  ].join(' and ')
  const consequence = {
    pass: 'the whole interval keeps it',
    fail: 'the whole interval breaks it',
    inconclusive: 'the interval lies on both sides: more trials or a quieter machine are needed',
    invalid: '',
  }[outcome]
  return {
    ...verdict,
    measured,
    interval: [low, high],
    pValue,
    outcome,
    why: `${subject}: ${amount(measured)} [${digits(low)}, ${digits(high)}], target ${bounds}: ${consequence}`,
  }
}

function compare({ max = Infinity, min = -Infinity }: Verdict['limit'], low: number, high: number): Outcome {
  if (low > max || high < min) return 'fail'
  return high <= max && low >= min ? 'pass' : 'inconclusive'
}

const listed = (trials: readonly number[]) => `${trials.length === 1 ? 'trial' : 'trials'} ${trials.join(', ')}`

/** Three significant digits, as people read them. */
export function digits(value: number): string {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)))
}

/** The worst that counts for an exit code: a broken objective, then what cannot be trusted, then what cannot be told. */
export function worst(all: readonly Outcome[]): Outcome {
  return (['fail', 'invalid', 'inconclusive'] as const).find((outcome) => all.includes(outcome)) ?? 'pass'
}
