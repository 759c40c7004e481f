import { Histogram, type MetricType, type Registry } from 'prom-client'
import { decodeHistogram } from '../histogram.ts'
import type { Distribution } from '../load-result.ts'

/** Made for meshes: a proxy adds tenths of a millisecond, what waits for one seconds. */
// biome-ignore format: a line each decade
export const boundsSeconds = [
  0.00005, 0.000075,
  0.0001, 0.00015, 0.0002, 0.0003, 0.0004, 0.0005, 0.00075,
  0.001, 0.0015, 0.002, 0.003, 0.004, 0.005, 0.0075,
  0.01, 0.015, 0.02, 0.03, 0.05, 0.075,
  0.1, 0.2, 0.5,
  1, 2, 5, 10,
]

type Labels = Record<string, string>

/** A histogram of values that are counted already: prom-client's own takes them one by one. */
export class CountedHistogram extends Histogram<string> {
  readonly #about: { name: string; help: string }
  readonly #values: { metricName: string; labels: Record<string, string | number>; value: number }[] = []

  constructor(about: { name: string; help: string; labelNames: string[] }, registry: Registry) {
    super({ ...about, buckets: boundsSeconds, registers: [registry] })
    this.#about = about
  }

  /** Adds a distribution; none that has figures without a payload. */
  add(labels: Labels, distribution: Distribution): void {
    if (distribution.histogram === '' || distribution.meanUs === null) return
    const below = cumulativeCounts(distribution, boundsSeconds)
    const put = (part: string, value: number, more: Record<string, string | number> = {}) =>
      this.#values.push({ metricName: `${this.#about.name}_${part}`, labels: { ...more, ...labels }, value })
    for (const [i, le] of boundsSeconds.entries()) put('bucket', below[i] as number, { le })
    put('bucket', distribution.count, { le: '+Inf' })
    put('sum', (distribution.meanUs * distribution.count) / 1e6)
    put('count', distribution.count)
  }

  override async get() {
    const { name, help } = this.#about
    return {
      name,
      help,
      type: 'histogram' as unknown as MetricType,
      aggregator: 'sum' as const,
      collect: () => {},
      values: this.#values,
    }
  }

  /** What the registry asks for when it writes text. */
  getForPromString() {
    return this.get()
  }
}

/**
 * How many values are at or below each bound, in seconds. Exact to the HdrHistogram's resolution, three digits: a bucket of it counts from
 * the bound at or above its lowest value.
 */
export function cumulativeCounts({ histogram }: Pick<Distribution, 'histogram'>, bounds: readonly number[]): number[] {
  const decoded = decodeHistogram(histogram)
  // The library declares this one private.
  const { valueFromIndex } = decoded as unknown as { valueFromIndex(index: number): number }
  const counts: number[] = []
  let index = 0
  let sum = 0
  for (const bound of bounds) {
    const boundNs = Math.round(bound * 1e9)
    for (; index < decoded.countsArrayLength && valueFromIndex.call(decoded, index) <= boundNs; index++)
      sum += decoded.getCountAtIndex(index)
    counts.push(sum)
  }
  return counts
}
