import { logBeta } from './beta.ts'
import type { Interval } from './interval.ts'

/**
 * Both parameters of the beta distribution by which the process bets on the share of positive signs: small ones look for large
 * effects early, large ones for small effects late. 8 serves some tens to some hundreds of units.
 */
const prior = 8

/** 1 / α: the process exceeds it with a probability of at most 5 % at any time (Ville's inequality). */
const threshold = 20

const ranks = new Map<string, number | null>()

/**
 * The smallest k for which the sign e-process of n differences, n − k of one sign and k of the other, stays below 20·m:
 * 2ⁿ·B(8 + k, 8 + n − k) / B(8, 8) < 20·m. Null where even k = 1 has no other side, so that there is no interval yet: below 14 units for m = 1.
 * A mixture of likelihood ratios against a share of one half (Robbins 1970; Howard & Ramdas 2022, Bernoulli 28, on quantiles of a sequence).
 */
export function signRank(n: number, m = 1): number | null {
  const key = `${n}/${m}`
  const known = ranks.get(key)
  if (known !== undefined) return known
  const logAt = (k: number) => n * Math.LN2 + logBeta(prior + k, prior + n - k) - logBeta(prior, prior)
  const limit = Math.log(threshold * m)
  let found: number | null = null
  // Without a differing sign the process has to be above the threshold already: else no end of the interval is known.
  if (logAt(0) >= limit) for (let k = 1; k <= (n + 1) / 2 && found === null; k++) if (logAt(k) < limit) found = k
  ranks.set(key, found)
  return found
}

/**
 * The interval of the median of sorted differences, valid at every moment at which one looks: [D₍k₎, D₍n+1−k₎], with k from `signRank`.
 * The lower end takes k at 20·mLow, the upper one at 20·mHigh. Null while there are too few.
 */
export function signInterval(sorted: ArrayLike<number>, mLow = 1, mHigh = 1): Interval | null {
  const low = signRank(sorted.length, mLow)
  const high = signRank(sorted.length, mHigh)
  if (low === null || high === null) return null
  return { low: sorted[low - 1] as number, high: sorted[sorted.length - high] as number }
}
