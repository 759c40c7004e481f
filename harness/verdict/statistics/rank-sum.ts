import type { Interval } from './interval.ts'
import { middle } from './middle.ts'
import { lowerRank } from './signed-rank.ts'

/** How two values are set beside each other: what one adds to the other, or its ratio to it (of values above 0). */
export type Contrast = (value: number, reference: number) => number
export const difference: Contrast = (value, reference) => value - reference
export const ratio: Contrast = (value, reference) => value / reference

const pairs = (values: readonly number[], reference: readonly number[], contrast: Contrast) =>
  Float64Array.from(values.flatMap((value) => reference.map((other) => contrast(value, other)))).sort()

/** Hodges–Lehmann shift: the median of the contrasts of all pairs. Throws RangeError of none. */
export const shift = (values: readonly number[], reference: readonly number[], contrast: Contrast = difference) =>
  middle(pairs(values, reference, contrast))

/**
 * Exact interval of the shift, or of the ratio: order statistics of the contrasts of all pairs, by the distribution of the Mann–Whitney statistic (Moses
 * 1953; Hollander & Wolfe 1999, §4.3). Each end has its own error. With ties it covers more, never less. Null of too few: below 4 and 4 at 0.025.
 */
export function shiftInterval(
  values: readonly number[],
  reference: readonly number[],
  { contrast = difference, lowError = 0.025, highError = 0.025 } = {},
): Interval | null {
  const shares = rankSumShares(values.length, reference.length)
  const [low, high] = [lowerRank(shares, lowError), lowerRank(shares, highError)]
  if (low === null || high === null) return null
  const all = pairs(values, reference, contrast)
  return { low: all[low - 1] as number, high: all[all.length - high] as number }
}

/**
 * With which probability the Mann–Whitney statistic of samples of m and n has each value, under no difference, up to its middle: the coefficients of
 * the Gaussian binomial, a factor (1 − q^(n + i)) / (1 − q^i) at a time (Harding 1984, Applied Statistics 33:1).
 */
export function rankSumShares(m: number, n: number): Float64Array {
  const shares = new Float64Array(Math.floor((m * n) / 2) + 1)
  shares[0] = 1
  for (let i = 1; i <= m; i++) {
    for (let u = shares.length - 1; u >= n + i; u--) shares[u] = (shares[u] as number) - (shares[u - n - i] as number)
    for (let u = i; u < shares.length; u++) shares[u] = (shares[u] as number) + (shares[u - i] as number)
    for (let u = 0; u < shares.length; u++) shares[u] = ((shares[u] as number) * i) / (n + i)
  }
  return shares
}

/**
 * Exact two-sided Mann–Whitney p-value: the share of all ways to split the pooled ranks whose rank sum lies at least as far
 * from its expectation as the one seen. Ties get mid-ranks, so the distribution is the conditional one (Lehmann 1975, §1.4).
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const doubledRanks = doubledMidRanks([...a, ...b])
  const total = doubledRanks.reduce((sum, rank) => sum + rank, 0)
  // shares[k][s]: in which share of the ways to draw from the ranks so far k of them add up to s, times how many draw k.
  const shares = Array.from({ length: a.length + 1 }, () => new Float64Array(total + 1))
  ;(shares[0] as Float64Array)[0] = 1
  let top = 0
  doubledRanks.forEach((rank, drawn) => {
    top += rank
    for (let k = Math.min(a.length, drawn + 1); k >= 1; k--) {
      const [into, from] = [shares[k] as Float64Array, shares[k - 1] as Float64Array]
      for (let sum = top; sum >= rank; sum--) into[sum] = (into[sum] as number) + (from[sum - rank] as number)
    }
  })
  const expected = (total * a.length) / doubledRanks.length
  const seen = Math.abs(doubledRanks.slice(0, a.length).reduce((sum, rank) => sum + rank, 0) - expected)
  let all = 0
  let extreme = 0
  shares[a.length]?.forEach((ways, sum) => {
    all += ways
    if (Math.abs(sum - expected) >= seen - 1e-9) extreme += ways
  })
  return extreme / all
}

/** Twice the mid-rank of each value, so that ties stay whole numbers. */
function doubledMidRanks(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b)
  return values.map((value) => sorted.indexOf(value) + sorted.lastIndexOf(value) + 2)
}
