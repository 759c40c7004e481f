import type { Indicator } from '../../reports/indicators.ts'
import type { Arm, Verdict } from '../../reports/record.ts'
import type { Interval } from './statistics/interval.ts'

/** A limit on an indicator of an arm, or on what it adds to another arm, or keeps of it. */
export interface LimitCheck {
  kind: Verdict['kind']
  indicator: Indicator
  limit: Verdict['limit']
  arm: Arm
  over: Arm | null
}

/** What was measured of a limit, where the interval lies, and what follows. Null where there is too little. */
export interface Estimate {
  measured: number | null
  interval: Interval | null
  outcome: 'pass' | 'fail' | 'inconclusive'
}

/** What an interval says of a limit: only one that lies entirely on one side decides. */
export function compare(
  { max = Number.POSITIVE_INFINITY, min = Number.NEGATIVE_INFINITY }: Verdict['limit'],
  { low, high }: Interval,
): 'pass' | 'fail' | 'inconclusive' {
  if (low > max || high < min) return 'fail'
  return high <= max && low >= min ? 'pass' : 'inconclusive'
}
