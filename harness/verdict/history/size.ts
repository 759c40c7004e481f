import type { Size } from '../../../reports/history.ts'
import { ratio, shift, shiftInterval } from '../statistics/rank-sum.ts'

/**
 * How far values after a change lie from those before it: the Hodges–Lehmann shift with its exact interval, of ratios where all values are above 0. Where
 * the change is was chosen by these values, so that the interval of a small one is somewhat too far from 0. O(mn log mn) of m and n values.
 */
export function sizeOf(before: readonly number[], after: readonly number[]): Size {
  if ([...before, ...after].every((value) => value > 0)) {
    const found = shiftInterval(after, before, { contrast: ratio })
    return { of: 'share', value: shift(after, before, ratio) - 1, interval: found && [found.low - 1, found.high - 1] }
  }
  const found = shiftInterval(after, before)
  return { of: 'unit', value: shift(after, before), interval: found && [found.low, found.high] }
}
