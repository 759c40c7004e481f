import type { SearchStep } from '../../reports/record.ts'

/** Where to look for the highest rate: requests a second, and how near it is to be found (0.1: within 10 %). */
export interface RateRange {
  from: number
  to: number
  resolution: number
}

/** One load at a rate, and what it has shown. */
export interface RateAttempt extends SearchStep {
  /** The load generator itself could not do more: whether the system could is not known. */
  limited: boolean
}

export interface FoundRate {
  /** The highest rate that was kept; null when none was, or when it is not known. */
  rate: number | null
  steps: RateAttempt[]
  /** Why there is no rate. */
  why: string | null
}

const longestSearch = 30

/**
 * Looks for the highest rate that `tryAt` keeps: doubles from `near` (else from the range's lower end) until one is not kept, then
 * halves the bracket, by ratio, until its ends are within the resolution. A rate counts as not kept when it was not kept twice in
 * a row: one hiccup of the machine must not end the search.
 */
export async function findRate(
  { from, to, resolution }: RateRange,
  near: number | null,
  tryAt: (rate: number) => Promise<RateAttempt>,
): Promise<FoundRate> {
  const steps: RateAttempt[] = []
  const keeps = async (rate: number) => {
    for (let tries = 1; ; tries++) {
      const attempt = await tryAt(Math.round(rate))
      steps.push(attempt)
      if (attempt.kept || attempt.limited || tries === 2 || steps.length >= longestSearch) return attempt
    }
  }
  const found = (rate: number | null, why: string | null = null) => ({ rate, steps, why })
  let low: number | null = null
  let high: number | null = null
  let next = Math.min(to, Math.max(from, near === null ? from : near / (1 + resolution)))
  // Near the last result steps are short, and grow until the bracket is found.
  let stride = near === null ? 2 : (1 + resolution) ** 2
  while (steps.length < longestSearch) {
    const attempt = await keeps(next)
    if (attempt.limited)
      return found(null, `the load generator's own limit came first, at ${attempt.rate}/s: ${attempt.why}`)
    if (attempt.kept) low = attempt.rate
    else high = attempt.rate
    if (low !== null && low >= to) return found(low)
    if (high !== null && high <= from)
      return found(null, `already ${high}/s, the lowest rate, is not kept: ${attempt.why}`)
    if (low !== null && high !== null && high / low <= 1 + resolution) return found(low)
    if (low !== null && high !== null) next = Math.sqrt(low * high)
    else {
      next = low === null ? Math.max(from, next / stride) : Math.min(to, next * stride)
      stride = Math.min(2, stride ** 2)
    }
  }
  return found(null, `the search did not come to an end within ${longestSearch} loads`)
}
