import { indicatorNames, indicatorOf } from '../../reports/indicators.ts'
import type { StatedLimit } from '../verdict/stated.ts'

/** What the candidate may add, where nothing else is said. */
export const defaultBudgets = ['p50Ms:+3%', 'errorRate:+0.01']

const written = /^([^:]+):([+-]?\d+(?:\.\d+)?)\s*(%|[a-zµ]+)?$/i

/**
 * A budget as people write it, `p50Ms:+5%`, `p99Ms:+2ms`, `errorRate:+0.001`, `achievedRate:-1%`, as a limit on what the candidate may be worse
 * by: of a percentage on the ratio of the two, else on their difference. A sentence where it is none.
 */
export function budgetOf(text: string): StatedLimit | string {
  const [, name = '', amount, unit = ''] = written.exec(text) ?? []
  if (amount === undefined) return 'an indicator and how much worse it may be, such as p50Ms:+5% or p99Ms:+2ms'
  const indicator = indicatorOf(name)
  if (!indicator) return `no such indicator; one of: ${indicatorNames()}`
  const value = Number(amount)
  const { counts, better } = indicator
  const worse = better === 'lower' ? value >= 0 : value <= 0
  if (!worse) return `${better === 'lower' ? '+… or 0' : '-… or 0'}: ${name} is better when ${better}`
  const limit = (bound: number) => (better === 'lower' ? { max: bound } : { min: bound })
  if (unit === '%') {
    if (counts) return `a share of all requests, such as ${name}:+0.001: of none there is no percentage`
    if (value <= -100) return 'more than -100%'
    return { kind: 'share', indicator: indicator.name, limit: limit(Number((1 + value / 100).toPrecision(12))) }
  }
  if (unit !== '' && unit !== indicator.unit) return `in ${indicator.unit || 'no unit'} or %, not in ${unit}`
  if (counts && value > 1) return 'a share from 0 to 1: 0.05 is 5 %'
  return { kind: 'budget', indicator: indicator.name, limit: limit(value) }
}
