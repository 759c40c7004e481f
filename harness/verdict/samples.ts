import { decodeHistogram } from '../../reports/histogram.ts'
import type { Unit } from '../../reports/load-result.ts'

/** The times of some requests: each value that occurs, ascending, in µs, and how often. */
export interface Sample {
  values: Float64Array
  counts: Float64Array
  total: number
  meanUs: number
}

/** Which of a unit's times: from the intended start, from the actual send, or from the intended start to the first message. */
export type SampleName = 'latency' | 'serviceTime' | 'firstMessage'

const nothing: Sample = { values: new Float64Array(), counts: new Float64Array(), total: 0, meanUs: Number.NaN }

// A unit is looked at every second while an experiment runs, by every limit: it is decoded once.
const decoded = new WeakMap<Unit, Partial<Record<SampleName, Sample>>>()

/** The times of one unit; none where it had no reply. Throws Error when the payload cannot be read. */
export function sampleOf(unit: Unit, name: SampleName): Sample {
  const known = decoded.get(unit) ?? {}
  decoded.set(unit, known)
  known[name] ??= read(unit[name] ?? '')
  return known[name]
}

function read(payload: string): Sample {
  if (payload === '') return nothing
  const histogram = decodeHistogram(payload)
  const values: number[] = []
  const counts: number[] = []
  const total = histogram.totalCount
  let seen = 0
  let sum = 0
  // The library's iterator, and its mean, take ten times as long.
  for (let i = 0; seen < total; i++) {
    const count = histogram.getCountAtIndex(i)
    if (count === 0) continue
    // The library declares this one private.
    const value = (histogram as unknown as { valueFromIndex(index: number): number }).valueFromIndex(i)
    seen += count
    sum += count * histogram.medianEquivalentValue(value)
    values.push(histogram.highestEquivalentValue(value) / 1000)
    counts.push(count)
  }
  return { values: Float64Array.from(values), counts: Float64Array.from(counts), total, meanUs: sum / total / 1000 }
}

/** The times of several units as those of one. */
export function merged(samples: readonly Sample[]): Sample {
  const [only] = samples
  if (samples.length === 1 && only) return only
  const counts = new Map<number, number>()
  for (const { values, counts: each } of samples)
    values.forEach((value, i) => {
      counts.set(value, (counts.get(value) ?? 0) + (each[i] as number))
    })
  const values = Float64Array.from(counts.keys()).sort()
  const total = samples.reduce((sum, sample) => sum + sample.total, 0)
  const sumUs = samples.reduce((sum, sample) => sum + (sample.total > 0 ? sample.meanUs * sample.total : 0), 0)
  return { values, counts: values.map((value) => counts.get(value) as number), total, meanUs: sumUs / total }
}

/** The value that `percent` of the times do not exceed, in µs, as HdrHistogram defines it; null of none. */
export function percentileOfSample({ values, counts, total }: Sample, percent: number): number | null {
  if (total === 0) return null
  const share = (percent / 100) * total
  // 99 / 100 · 1000 is a little above 990: less than one request in a billion is no request.
  const rank = Math.max(1, Math.ceil(share - share * 1e-9))
  let seen = 0
  for (let i = 0; i < values.length; i++) {
    seen += counts[i] as number
    if (seen >= rank) return values[i] as number
  }
  return null
}

/** How many of the times are above `limitUs`. */
export function countAbove({ values, counts }: Sample, limitUs: number): number {
  let above = 0
  for (let i = values.length - 1; i >= 0 && (values[i] as number) > limitUs; i--) above += counts[i] as number
  return above
}
