import { indicatorNames, indicatorOf } from '../../reports/indicators.ts'
import type { Experiment } from '../../reports/record.ts'
import { amountOf } from '../budgets/amount.ts'
import type { Budget } from '../budgets/budget.ts'
import { kindOf } from '../budgets/judge.ts'
import { budgetsFor, type Place } from '../budgets/where.ts'
import type { StatedLimit } from '../verdict/stated.ts'

/** How much worse the candidate may be, where nothing else is said. */
export const defaultBudgets = ['p50Ms:+2%', 'errorRate:+0.01']

/**
 * A budget as people write it, `p50Ms:+5%`, `p99Ms:+2ms`, `errorRate:+0.001`, `achievedRate:-1%`, as a limit on how much worse the candidate may be:
 * of a percentage on the ratio of the two, else on their difference. A sentence where it is none.
 */
export function budgetOf(text: string): StatedLimit | string {
  const [, name, written] = /^([^:]+):(.+)$/.exec(text) ?? []
  if (name === undefined || written === undefined)
    return 'an indicator and how much worse it may be, such as p50Ms:+5% or p99Ms:+2ms'
  const indicator = indicatorOf(name)
  if (!indicator) return `no such indicator; one of: ${indicatorNames()}`
  const amount = amountOf(written, indicator)
  if (typeof amount === 'string') return amount
  const { relative, limit } = amount
  if (indicator.counts && relative)
    return `a share of all requests, such as ${name}:+0.001: of none there is no percentage`
  if (indicator.counts && (limit.max ?? 0) > 1) return 'a share from 0 to 1: 0.05 is 5 %'
  return { kind: relative ? 'share' : 'budget', indicator: indicator.name, limit }
}

/** The limits of those budgets over a merge base that are on a comparison and its candidate. */
export function limitsOverMergeBase(
  budgets: readonly Budget[],
  comparison: Pick<Experiment, 'suite' | 'test'>,
  place: Place,
): StatedLimit[] {
  return budgetsFor(budgets, 'merge-base', comparison, place)
    .filter(({ arm = 'candidate' }) => arm === 'candidate')
    .map((budget) => ({ kind: kindOf(budget), indicator: budget.indicator, limit: budget.limit }))
}
