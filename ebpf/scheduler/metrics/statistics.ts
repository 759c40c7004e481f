import type { Point } from './rates.ts'

/** Of the values of a window. `V` is what they are: exact counts, or rates per second. */
export interface Summary<V> {
  count: number
  min: V
  max: V
  mean: number
  last: V
  p50: V
  p90: V
  p99: V
}

/** Statistics of a metric over a window; null where nothing was measured in it. */
export interface Statistics {
  value: Summary<bigint> | null
  /** Per second; null where it is no counter, or nothing has a rate. */
  rate: Summary<number> | null
  /** How often the counter began again. */
  resets: number
}

/** Percentiles are nearest-rank: the smallest value that at least so many percent do not exceed. */
export function statisticsOf(points: readonly Point[]): Statistics {
  const values = points.map(({ value }) => value)
  const rates = points.flatMap(({ ratePerSecond }) => ratePerSecond ?? [])
  const sum = Number(values.reduce((total, value) => total + value, 0n))
  const rateSum = rates.reduce((total, rate) => total + rate, 0)
  return {
    value: summary(BigUint64Array.from(values).sort(), values.at(-1), sum),
    rate: summary(Float64Array.from(rates).sort(), rates.at(-1), rateSum),
    resets: points.filter(({ reset }) => reset).length,
  }
}

function summary<V extends number | bigint>(sorted: ArrayLike<V>, last: V | undefined, sum: number): Summary<V> | null {
  const count = sorted.length
  if (last === undefined || count === 0) return null
  const at = (percent: number) => sorted[Math.max(0, Math.ceil((percent / 100) * count) - 1)] as V
  return { count, min: at(0), max: at(100), mean: sum / count, last, p50: at(50), p90: at(90), p99: at(99) }
}
