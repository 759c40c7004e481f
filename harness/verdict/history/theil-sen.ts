import { middle } from '../statistics/middle.ts'
import { concordanceDeviation } from './kendall.ts'

/** A straight line through values that follow each other. */
export interface Line {
  /** Of the values' unit, from one to the next. */
  slope: number
  /** Of the slope, at 95 %. */
  interval: readonly [number, number]
  /** Of the line at the first value that it goes through. */
  start: number
  /** How many values it goes through, the last ones. */
  over: number
}

/** Of more values the last so many: pairs grow with the square. */
export const lineOver = 500
/** Below this the normal approximation of Kendall's statistic is poor. */
export const fewestOfLine = 10
const normal95 = 1.96

/**
 * The line of Theil (1950) and Sen (1968, JASA 63:1379): its slope is the median of the slopes of all pairs, the interval their order statistics at which
 * Kendall's S is 1.96 standard deviations from 0, so that a few wild values do not move it. Where neighbours resemble each other the interval is too
 * narrow. O(n² log n), of the last 500. Null below 10 values.
 */
export function lineThrough(all: readonly number[]): Line | null {
  const values = all.slice(-lineOver)
  const n = values.length
  if (n < fewestOfLine) return null
  const slopes = new Float64Array((n * (n - 1)) / 2)
  let at = 0
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) slopes[at++] = ((values[j] as number) - (values[i] as number)) / (j - i)
  slopes.sort()
  const slope = middle(slopes)
  const inner = normal95 * concordanceDeviation(values)
  const low = slopes[Math.max(0, Math.floor((slopes.length - inner) / 2))] as number
  const high = slopes[Math.min(slopes.length - 1, Math.ceil((slopes.length + inner) / 2))] as number
  const start = middle(values.map((value, i) => value - slope * i).sort((a, b) => a - b))
  return { slope, interval: [low, high], start, over: n }
}
