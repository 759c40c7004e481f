import { median } from '../../../reports/numbers.ts'

/** Of the normal distribution: its standard deviation over its median and its mean absolute deviation. */
const [overMedian, overMean] = [1.4826, 1.2533]

/** What a change in values of this size is at least, where all of them were equal: beyond what calculating with them rounds. */
const rounding = 1e-9

/** The middle of a stretch that has values. */
export const middleOf = (values: readonly number[]): number => median(values) as number

/**
 * The scatter of values about the middle of the stretch each belongs to, as the standard deviation of a normal distribution: the median absolute
 * deviation times 1.4826 (Hampel 1974, JASA 69:383), so that steps between stretches and a few wild values do not raise it. Where more than half
 * of them lie on their middle, the mean absolute deviation times 1.2533 (Iglewicz & Hoaglin 1993). Never 0: of values that do not scatter, what
 * calculating with them may round. In the values' unit. Null of no stretch with two values.
 */
export function noiseOf(stretches: readonly (readonly number[])[]): number | null {
  const scattered = stretches.filter(({ length }) => length > 1)
  if (scattered.length === 0) return null
  const away = scattered.flatMap((values) => {
    const middle = middleOf(values)
    return values.map((value) => Math.abs(value - middle))
  })
  const largest = Math.max(...scattered.flat().map(Math.abs))
  const mean = away.reduce((sum, value) => sum + value, 0) / away.length
  const found = overMedian * middleOf(away)
  return Math.max(found > rounding * largest ? found : overMean * mean, rounding * largest, Number.MIN_VALUE)
}

/** The values with those beyond `most` times the scatter about the middle brought to that distance: one wild value does not hide a step. */
export function withinScatter(values: readonly number[], most = 3): number[] {
  const noise = noiseOf([values])
  if (noise === null) return [...values]
  const middle = middleOf(values)
  return values.map((value) => Math.min(middle + most * noise, Math.max(middle - most * noise, value)))
}
