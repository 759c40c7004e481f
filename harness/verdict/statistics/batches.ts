import { median } from '../../../reports/numbers.ts'
import { studentT } from './beta.ts'
import type { Interval } from './interval.ts'

/** So many stretches of time the values are cut into. */
const batches = 6

/** Above this the correlation of neighbours cannot be told from a drift. */
const highestCorrelation = 0.95

/**
 * The interval of the median of values that follow each other in time and resemble their neighbours: Student's interval over the medians of
 * six stretches (batch means: Schmeiser 1982, Operations Research 30:556), of logarithms where all are above 0. Stretches are short here, so that
 * they are alike themselves: the variance is raised by what a first-order autoregression with the correlation found would need. The ends are at
 * `error` / 2 each. Null of fewer than two values a stretch.
 * Its coverage is in `batches.test.ts`: bursts that last about a tenth of the run or longer are beyond it.
 */
export function batchInterval(values: readonly number[], error = 0.05): Interval | null {
  const n = values.length
  if (n < 2 * batches) return null
  const logarithmic = values.every((value) => value > 0)
  const scaled = logarithmic ? values.map(Math.log) : values
  const edge = (i: number) => Math.round((i * n) / batches)
  const medians = Array.from({ length: batches }, (_, i) => median(scaled.slice(edge(i), edge(i + 1))) as number)
  const mean = medians.reduce((sum, value) => sum + value, 0) / batches
  const seen = medians.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (batches - 1)
  const variance = (seen * shortfall(correlation(scaled), Math.round(n / batches))) / batches
  const half = quantile(error) * Math.sqrt(variance)
  const middle = median(scaled) as number
  const [low, high] = [Math.min(middle, mean - half), Math.max(middle, mean + half)]
  return logarithmic ? { low: Math.exp(low), high: Math.exp(high) } : { low, high }
}

const quantiles = new Map<number, number>()

function quantile(error: number): number {
  const found = quantiles.get(error) ?? studentT(error / 2, batches - 1)
  quantiles.set(error, found)
  return found
}

/**
 * The correlation of neighbours, of ranks, so that one wild value does not hide it. It is found too small by (1 + 3ρ) / n (Kendall 1954,
 * Biometrika 41:403), and is unsure by more: three times that is added.
 */
function correlation(values: readonly number[]): number {
  const n = values.length
  const order = values.map((_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number))
  const ranks = new Array<number>(n)
  order.forEach((at, rank) => {
    ranks[at] = rank - (n - 1) / 2
  })
  const all = ranks.reduce((sum, rank) => sum + rank ** 2, 0)
  const found = ranks.reduce((sum, rank, i) => sum + (i === 0 ? 0 : rank * (ranks[i - 1] as number)), 0) / all
  return Math.min(highestCorrelation, Math.max(0, found + (3 * (1 + 3 * Math.max(0, found))) / n))
}

/** By how much the variance of the mean of all stretches is larger than their scatter says. */
function shortfall(rho: number, length: number): number {
  if (rho === 0) return 1
  const whole = meanVariance(rho, length * batches)
  return (batches * whole) / ((batches / (batches - 1)) * (meanVariance(rho, length) - whole))
}

/** Of the mean of so many values of a first-order autoregression with variance 1. */
const meanVariance = (rho: number, n: number) =>
  ((1 + rho) / (1 - rho) - (2 * rho * (1 - rho ** n)) / (n * (1 - rho) ** 2)) / n

/**
 * After so many values one looks while more of them come: each time a quarter more, so that there are few looks. An interval at an error of
 * 0.002 each time is wrong at any of them in 1 to 3 % of runs, with strong correlation in about 6 %.
 */
export function lastLook(n: number): number {
  let look = 0
  for (let next = firstLook; next <= n; next = Math.ceil(next * 1.25)) look = next
  return look
}

const firstLook = 20
/** Of the interval at such a look. */
export const lookError = 0.002
