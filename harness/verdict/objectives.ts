import { z } from 'zod'
import { indicatorNames, indicatorOf } from '../../reports/indicators.ts'
import type { Arm, Verdict } from '../../reports/record.ts'
import { fields, parseConfig } from '../config.ts'
import type { Judging } from './judging.ts'
import type { LimitCheck } from './limit.ts'
import { verdictOn } from './verdict.ts'

const finite = z.number({ error: 'a finite number' })
const limitSchema = fields({ max: finite.optional(), min: finite.optional() }, 'field')
  .refine(({ max, min }) => max !== undefined || min !== undefined, { error: 'needs max, min or both' })
  .refine(({ max, min }) => max === undefined || min === undefined || min <= max, { error: 'min is above max' })

/** A limit on a share of all requests, or of all datagrams: 5 would be kept by whatever happens. */
const isShare = (name: string) => indicatorOf(name)?.counts !== undefined
const share = 'a share from 0 to 1: 0.05 is 5 %'
const shareLimit = limitSchema.refine(({ max = 0, min = 0 }) => max <= 1 && min <= 1, { error: share })

/** An object whose keys are indicators: those of the table, or any percentile. */
const perIndicator = <T extends z.ZodType>(value: (name: string) => T) =>
  z.unknown().transform((input, context): Record<string, z.output<T>> => {
    const names = Object.keys(Object(input)).filter(indicatorOf)
    const parsed = z
      .strictObject(Object.fromEntries(names.map((name) => [name, value(name)])), {
        error: ({ code }) =>
          code === 'unrecognized_keys' ? `no such indicator; one of: ${indicatorNames()}` : 'an object',
      })
      .refine((given) => Object.keys(given).length > 0, { error: 'names no indicator' })
      .safeParse(input, { reportInput: true })
    for (const issue of parsed.error?.issues ?? []) context.issues.push({ ...issue, input: issue.input } as never)
    return parsed.success ? (parsed.data as Record<string, z.output<T>>) : z.NEVER
  })

export const objectivesSchema = perIndicator((name) => (isShare(name) ? shareLimit : limitSchema))
const budgetsSchema = perIndicator((name) => (isShare(name) ? finite.max(1, share) : finite))

const sharesSchema = perIndicator(() => finite)

/** Limits by indicator, in its unit. */
export type Objectives = Record<string, { max?: number; min?: number }>
/** By indicator: at most so much more than another arm, in its unit; or at least such a share of it. */
export type Budgets = Record<string, number>

/** Judges an arm by itself. Throws HarnessError CONFIG_INVALID for an unknown indicator or a limit that is none. */
export function judgeObjectives(arm: Arm, input: Objectives, judging: Judging): Verdict[] {
  const objectives = parseConfig(objectivesSchema, input, 'toMeetObjectives') as Objectives
  return checks('objective', objectives, arm, null).map((check) => verdictOn(check, 1, judging))
}

/** Judges what an arm adds to another. Budgets that are judged together share the error of a `fail`. Throws as judgeObjectives does. */
export function judgeBudgets(arm: Arm, over: Arm, input: Budgets, judging: Judging): Verdict[] {
  const budgets = parseConfig(budgetsSchema, input, 'toAddAtMost')
  const limits = Object.fromEntries(Object.entries(budgets).map(([name, max]) => [name, { max }]))
  return checks('budget', limits, arm, over).map((check, _, all) => verdictOn(check, all.length, judging))
}

/** Judges how much of another arm an arm keeps: 0.5 is half of it. Errors are shared and thrown as by judgeBudgets. */
export function judgeShares(arm: Arm, over: Arm, input: Budgets, judging: Judging): Verdict[] {
  const shares = parseConfig(sharesSchema, input, 'toKeepAtLeast')
  const limits = Object.fromEntries(Object.entries(shares).map(([name, min]) => [name, { min }]))
  return checks('share', limits, arm, over).map((check, _, all) => verdictOn(check, all.length, judging))
}

function checks(kind: Verdict['kind'], limits: Objectives, arm: Arm, over: Arm | null): LimitCheck[] {
  return Object.entries(limits).flatMap(([name, limit]) => {
    const indicator = indicatorOf(name)
    return indicator ? [{ kind, indicator, limit, arm, over }] : []
  })
}
