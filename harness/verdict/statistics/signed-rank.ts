import type { Interval } from './interval.ts'
import { middle } from './middle.ts'

/** The means of all pairs, each value with itself included (Walsh averages), ascending. */
function pairMeans(values: readonly number[]): Float64Array {
  const means = new Float64Array((values.length * (values.length + 1)) / 2)
  let at = 0
  for (let i = 0; i < values.length; i++)
    for (let j = i; j < values.length; j++) means[at++] = ((values[i] as number) + (values[j] as number)) / 2
  return means.sort()
}

/** Hodges–Lehmann location: the median of the means of all pairs. Throws RangeError of none. */
export const location = (values: readonly number[]): number => middle(pairMeans(values))

/**
 * Exact interval of the location: order statistics of the means of all pairs, by the distribution of Wilcoxon's signed-rank statistic (Tukey 1949;
 * Hollander & Wolfe 1999, §3.3). The error is shared by both ends. With ties it covers more, never less. Null of too few: below 6 at 0.05.
 */
export function locationInterval(values: readonly number[], error = 0.05): Interval | null {
  const rank = lowerRank(signedRankShares(values.length), error / 2)
  const means = pairMeans(values)
  return rank === null ? null : { low: means[rank - 1] as number, high: means[means.length - rank] as number }
}

/** The largest r whose values below r − 1 together have at most the share `tail`; null where not even 0 is so rare. */
export function lowerRank(shares: Float64Array, tail: number): number | null {
  let sum = 0
  let rank = 0
  while (rank < shares.length && sum + (shares[rank] as number) <= tail) sum += shares[rank++] as number
  return rank === 0 ? null : rank
}

/** With which probability the signed-rank statistic of n values has each sum, under no difference: one value after the other joins or does not. */
function signedRankShares(n: number): Float64Array {
  const shares = new Float64Array((n * (n + 1)) / 2 + 1)
  shares[0] = 1
  let top = 0
  for (let value = 1; value <= n; value++) {
    top += value
    for (let sum = top; sum >= 0; sum--)
      shares[sum] = ((shares[sum] as number) + (sum >= value ? (shares[sum - value] as number) : 0)) / 2
  }
  return shares
}
