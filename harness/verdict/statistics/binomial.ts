import { betaQuantile, bisect, logBeta } from './beta.ts'
import type { Interval } from './interval.ts'

/** So many of all. */
export interface Count {
  failed: number
  all: number
}

/** Exact binomial interval of a share (Clopper & Pearson 1934), two-sided with an error of `error` in all. Nothing seen leaves it open. */
export function clopperPearson({ failed, all }: Count, error = 0.05): Interval {
  return {
    low: failed === 0 ? 0 : betaQuantile(error / 2, failed, all - failed + 1),
    high: failed === all ? 1 : betaQuantile(1 - error / 2, failed + 1, all - failed),
  }
}

/**
 * The interval of a share that is valid at every moment at which one looks: shares against which a bet on any other one, by a
 * Beta(1/2, 1/2) mixture of likelihood ratios, has not yet won 1 / error (Robbins 1970; Ville's inequality).
 */
export function shareSequence({ failed, all }: Count, error = 0.05): Interval {
  if (all === 0) return { low: 0, high: 1 }
  const mixture = logBeta(failed + 0.5, all - failed + 0.5) - logBeta(0.5, 0.5)
  const won = (share: number) => mixture - xlog(failed, share) - xlog(all - failed, 1 - share) > Math.log(1 / error)
  const seen = failed / all
  return {
    low: failed === 0 ? 0 : bisect(won, 0, seen),
    high: failed === all ? 1 : bisect((share) => !won(share), seen, 1),
  }
}

const xlog = (n: number, share: number) => (n === 0 ? 0 : n * Math.log(share))

/**
 * The interval of the difference of two shares from the interval of each (Newcombe 1998, Statistics in Medicine 17:873, method 10, which
 * takes Wilson's; with exact ones it is wider; Zou & Donner 2008 call it MOVER).
 */
export function shareDifference(arm: Count, over: Count, interval: (count: Count) => Interval): Interval {
  const [a, b] = [interval(arm), interval(over)]
  const [p, q] = [arm.failed / arm.all, over.failed / over.all]
  return {
    low: p - q - Math.hypot(p - a.low, b.high - q),
    high: p - q + Math.hypot(a.high - p, q - b.low),
  }
}

/**
 * The interval of the ratio of two small shares: given how many failed in all, how many of them were the arm's is binomial (Przyborowski & Wilenski 1940,
 * Biometrika 31:313). Null where the other arm has no failure: nothing is a share of it.
 */
export function shareRatio(arm: Count, over: Count, interval: (count: Count) => Interval): Interval | null {
  if (over.failed === 0) return null
  const { low, high } = interval({ failed: arm.failed, all: arm.failed + over.failed })
  const ratioAt = (part: number) => ((part / (1 - part)) * over.all) / arm.all
  return { low: ratioAt(low), high: ratioAt(high) }
}
