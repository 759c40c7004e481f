import { median } from '../../../reports/numbers.ts'
import { studentT } from './beta.ts'
import type { Interval } from './interval.ts'

/** So many stretches of time the values are cut into. */
const batches = 6

/**
 * The interval of the median of values that follow each other in time and resemble their neighbours: Student's interval over the medians of
 * a few long stretches (batch means, Schmeiser 1982, Operations Research 30:556), of logarithms where all are above 0. Null of fewer than
 * two values a stretch.
 */
export function batchInterval(values: readonly number[], error = 0.05): Interval | null {
  if (values.length < 2 * batches) return null
  const logarithmic = values.every((value) => value > 0)
  const scaled = logarithmic ? values.map(Math.log) : values
  const medians = Array.from({ length: batches }, (_, i) => {
    const [from, to] = [i, i + 1].map((edge) => Math.round((edge * values.length) / batches))
    return median(scaled.slice(from, to)) as number
  })
  const mean = medians.reduce((sum, value) => sum + value, 0) / batches
  const variance = medians.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (batches - 1)
  const half = studentT(error / 2, batches - 1) * Math.sqrt(variance / batches)
  const middle = median(scaled) as number
  const ends = [Math.min(middle, mean - half), Math.max(middle, mean + half)] as const
  return logarithmic ? { low: Math.exp(ends[0]), high: Math.exp(ends[1]) } : { low: ends[0], high: ends[1] }
}
