import { failuresIn } from '../../reports/failures.ts'
import type { Indicator } from '../../reports/indicators.ts'
import type { Unit } from '../../reports/load-result.ts'
import { merged, percentileOfSample, type Sample, type SampleName, sampleOf } from './samples.ts'

/** Replies of a unit: what ended without an error. */
export const repliesOf = ({ requests, errors }: Pick<Unit, 'requests' | 'errors'>) => requests - failuresIn(errors)

/** From which moment a latency counts: the intended start, or the actual send. */
export type From = 'latency' | 'serviceTime'

/** The times behind an indicator; null of one that is none of the times that units keep. */
export function sampleNameOf({ distribution }: Indicator, from: From): SampleName | null {
  if (distribution === 'latency') return from
  return distribution === 'firstMessage' ? 'firstMessage' : null
}

// By the last unit of those that are taken together: more of them are a longer unit, which ends with another one.
const known = new WeakMap<Unit, Map<string, number | null>>()

/**
 * What an indicator of times is in units taken together, in its own unit: a percentile, the mean or the maximum of all of their
 * times. Null where there was no reply, or the indicator is no figure of the times that units keep.
 */
export function timesValue(indicator: Indicator, units: readonly Unit[], from: From): number | null {
  const last = units.at(-1)
  const name = sampleNameOf(indicator, from)
  if (!last || !name) return null
  const values = known.get(last) ?? new Map<string, number | null>()
  known.set(last, values)
  const key = `${indicator.name}/${name}/${units.length}`
  const found = values.get(key)
  if (found !== undefined) return found
  const value = figureOf(indicator, merged(units.map((unit) => sampleOf(unit, name))))
  values.set(key, value)
  return value
}

/** The figure of these times, in the indicator's unit. Null of none. */
export function figureOf({ name, percent, unit }: Indicator, sample: Sample): number | null {
  if (sample.total === 0) return null
  const us =
    percent !== undefined ? percentileOfSample(sample, percent) : name.startsWith('mean') ? sample.meanUs : top(sample)
  return us === null ? null : us / (unit === 'ms' ? 1000 : 1)
}

const top = (sample: Sample) => percentileOfSample(sample, 100)
