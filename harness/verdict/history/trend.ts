import { middle } from '../statistics/middle.ts'

/** How values move along their order. */
export interface Trend {
  /** Of the values' unit, a value. */
  slope: number
  /** At 95 %. */
  interval: readonly [number, number]
  /** Of the line at the first value. */
  start: number
  /** How many values it goes through, the last ones. */
  over: number
  /** Two-sided p-value of no trend. */
  pValue: number
}

/** Of more values the last so many: pairs grow with the square. */
export const trendOver = 500
/** Below this the normal approximation of Kendall's statistic is poor. */
const fewest = 10
const normal95 = 1.96

/**
 * The line of Theil (1950) and Sen (1968, JASA 63:1379) through values one step apart: the slope is the median of the slopes of all pairs, its interval
 * the order statistics at which Kendall's S, with its variance for ties, is 1.96 standard deviations from 0. The p-value is Mann and Kendall's, with
 * the correction for continuity. Values that resemble their neighbours make both too sure. O(n² log n), of the last 500. Null below 10 values.
 */
export function trendOf(all: readonly number[]): Trend | null {
  const values = all.slice(-trendOver)
  const n = values.length
  if (n < fewest) return null
  const slopes = new Float64Array((n * (n - 1)) / 2)
  let [at, s] = [0, 0]
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      const rise = (values[j] as number) - (values[i] as number)
      slopes[at++] = rise / (j - i)
      s += Math.sign(rise)
    }
  slopes.sort()
  const slope = middle(slopes)
  const deviation = Math.sqrt(variance(values))
  const inner = normal95 * deviation
  const low = slopes[Math.max(0, Math.floor((slopes.length - inner) / 2))] as number
  const high = slopes[Math.min(slopes.length - 1, Math.ceil((slopes.length + inner) / 2))] as number
  return {
    slope,
    over: n,
    interval: [low, high],
    start: middle(values.map((value, i) => value - slope * i).sort((a, b) => a - b)),
    pValue: deviation === 0 ? 1 : twoSided(Math.max(0, Math.abs(s) - 1) / deviation),
  }
}

/** Of Kendall's S under no trend (Kendall 1975, §4). */
function variance(values: readonly number[]): number {
  const of = (n: number) => n * (n - 1) * (2 * n + 5)
  const ties = new Map<number, number>()
  for (const value of values) ties.set(value, (ties.get(value) ?? 0) + 1)
  return [...ties.values()].reduce((sum, count) => sum - of(count), of(values.length)) / 18
}

/** The share of a normal distribution further than z from its middle (Abramowitz & Stegun 7.1.26: within 1.5e-7). */
function twoSided(z: number): number {
  const t = 1 / (1 + 0.3275911 * (z / Math.SQRT2))
  const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  return Math.min(1, Math.max(0, polynomial * Math.exp((-z * z) / 2)))
}
