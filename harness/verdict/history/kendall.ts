import { correlationIn, whitened } from './correlation.ts'

/** Kendall's S: of all pairs, how many more rise than fall. O(n²). */
export function concordance(values: readonly number[]): number {
  let s = 0
  for (let i = 0; i < values.length; i++)
    for (let j = i + 1; j < values.length; j++) s += Math.sign((values[j] as number) - (values[i] as number))
  return s
}

/** The standard deviation of Kendall's S under no trend, with its allowance for ties (Kendall 1975, "Rank Correlation Methods", §4). */
export function concordanceDeviation(values: readonly number[]): number {
  const of = (n: number) => n * (n - 1) * (2 * n + 5)
  const ties = new Map<number, number>()
  for (const value of values) ties.set(value, (ties.get(value) ?? 0) + 1)
  return Math.sqrt([...ties.values()].reduce((sum, count) => sum - of(count), of(values.length)) / 18)
}

/**
 * Two-sided p-value of no trend (Mann 1945, Econometrica 13:245; Kendall 1975), with the correction for continuity. Where neighbours' residuals from the
 * line of that slope resemble each other, of the values without that part. The normal approximation needs 10 values.
 */
export function trendPValue(values: readonly number[], slope: number): number {
  const correlation = correlationIn([values.map((value, i) => value - slope * i)])
  const alone = correlation === 0 ? values : whitened(values, correlation)
  const deviation = concordanceDeviation(alone)
  return deviation === 0 ? 1 : twoSided(Math.max(0, Math.abs(concordance(alone)) - 1) / deviation)
}

/** The share of a normal distribution further than z from its middle (Abramowitz & Stegun 7.1.26: within 1.5e-7). */
function twoSided(z: number): number {
  const t = 1 / (1 + 0.3275911 * (z / Math.SQRT2))
  const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  return Math.min(1, Math.max(0, polynomial * Math.exp((-z * z) / 2)))
}
