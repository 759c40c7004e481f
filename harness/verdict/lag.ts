import { amount } from '../../reports/numbers.ts'
import type { Trial } from '../../reports/record.ts'
import { hasUnits, unitBlocks } from './blocks.ts'
import type { LimitCheck } from './limit.ts'
import type { Interval } from './statistics/interval.ts'
import { shiftInterval } from './statistics/rank-sum.ts'
import { signInterval } from './statistics/sign-process.ts'

/** Of a budget: a smaller difference of send lag cannot be what decides. */
const tenth = 0.1

/**
 * Whether the generator was later for one arm than for the other by so much that it may decide a budget: the interval of their difference in send lag lies
 * wholly beyond a tenth of the budget. Lag that falls on both arms alike is in no difference. Returns what to say of it; null where it does not matter, was not
 * measured, or nothing compares with it: ratios, budgets of 0 and indicators in which it is no part.
 */
export function lagThatMatters(check: LimitCheck): string | null {
  const { kind, indicator, limit, arm, over } = check
  if (kind !== 'budget' || !over || !indicator.sendLag || limit.max === undefined) return null
  const limitUs = Math.abs(limit.max) * (indicator.unit === 'ms' ? 1000 : 1) * tenth
  if (limitUs === 0) return null
  const which = indicator.percent === 50 ? 'p50' : 'p99'
  const interval = hasUnits(arm) ? ofUnits(check, which) : ofTrials(check, which)
  if (!interval || (interval.low <= limitUs && interval.high >= -limitUs)) return null
  const between = [interval.low, interval.high].map((us) => amount(us, 'µs')).join(' to ')
  return `the generator was later for ${arm.name} than for ${over.name} by ${between} at ${which}, more than a tenth of the budget`
}

type Which = 'p50' | 'p99'

function ofUnits({ arm, over }: LimitCheck, which: Which): Interval | null {
  const field = which === 'p50' ? 'sendLagP50Us' : 'sendLagP99Us'
  const differences = unitBlocks(over ? [arm, over] : [arm], 0).blocks.flatMap(({ parts: [mine, theirs] }) => {
    const [a, b] = [mine?.[0]?.[field] ?? null, theirs?.[0]?.[field] ?? null]
    return a === null || b === null ? [] : [a - b]
  })
  return signInterval(Float64Array.from(differences).sort())
}

function ofTrials({ arm, over }: LimitCheck, which: Which): Interval | null {
  const field = which === 'p50' ? 'p50Us' : 'p99Us'
  const of = (trials: readonly Trial[]) => trials.map(({ load }) => load.sendLag[field]).filter((us) => us !== null)
  return shiftInterval(of(arm.trials), of(over?.trials ?? []))
}
