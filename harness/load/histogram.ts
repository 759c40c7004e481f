import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type JsHistogram } from 'hdr-histogram-js'
import type { Distribution } from '../../reports/record.ts'

/** 24 hours in nanoseconds, the longest timeout there is. Larger values count as this one. */
const highestNs = 86_400e9
/** Buckets of an HdrHistogram from 1 to `highestNs` with 3 significant digits: 2048 single ones, then 1024 for each power of two. */
export const bucketCount = 38 * 1024

/** Where HdrHistogram (3 significant digits, lowest value 1) counts a whole number of nanoseconds. */
export function bucketIndex(ns: number): number {
  if (ns < 2048) return ns > 0 ? ns | 0 : 0
  if (ns < 0x8000_0000) {
    const exponent = 21 - Math.clz32(ns)
    return (exponent << 10) + (ns >>> exponent)
  }
  if (!(ns < highestNs)) return bucketIndex(highestNs - 1)
  // Bit operations end at 32 bits; the 20 dropped here are below the resolution of so large a value.
  const high = Math.floor(ns / 0x10_0000)
  const exponent = 21 - Math.clz32(high)
  return ((exponent + 20) << 10) + (high >>> exponent)
}

/** Counts nanosecond values in HdrHistogram's buckets without allocating; the counts may live in shared memory. */
export class Recorder<Counts extends Uint32Array | Float64Array = Uint32Array | Float64Array> {
  readonly counts: Counts

  constructor(counts: Counts) {
    this.counts = counts
  }

  record(ns: number): void {
    const index = bucketIndex(ns)
    this.counts[index] = (this.counts[index] as number) + 1
  }

  /** Adds the counts of another recorder, such as that of another thread. */
  add(counts: Uint32Array | Float64Array): void {
    for (let i = 0; i < bucketCount; i++) {
      const count = counts[i] as number
      if (count !== 0) this.counts[i] = (this.counts[i] as number) + count
    }
  }

  /** All figures are those of the payload, so that a merge of distributions equals the distribution of all values. */
  toDistribution(): Distribution {
    const histogram = build({
      bitBucketSize: 64,
      lowestDiscernibleValue: 1,
      highestTrackableValue: highestNs,
      numberOfSignificantValueDigits: 3,
    }) as JsHistogram
    for (let i = 0; i < bucketCount; i++) {
      const count = this.counts[i] as number
      if (count !== 0) histogram.setCountAtIndex(i, count)
    }
    histogram.establishInternalTackingValues()
    const empty = histogram.totalCount === 0
    const percentileUs = (percentile: number) => (empty ? null : histogram.getValueAtPercentile(percentile) / 1000)
    return {
      count: histogram.totalCount,
      meanUs: empty ? null : histogram.mean / 1000,
      p50Us: percentileUs(50),
      p90Us: percentileUs(90),
      p99Us: percentileUs(99),
      p999Us: percentileUs(99.9),
      maxUs: percentileUs(100),
      histogram: encodeIntoCompressedBase64(histogram),
    }
  }
}

/** Counts in doubles: sums of many threads and pods may pass 2³². */
export const emptyRecorder = () => new Recorder(new Float64Array(bucketCount))

type Payload = Pick<Distribution, 'histogram'>

/** Reads the payload of a distribution (HdrHistogram V2, nanoseconds, any precision up to 3 digits). Throws on another encoding. */
export function decodeDistribution(distribution: Payload): Recorder {
  const decoded = decodeFromCompressedBase64(distribution.histogram, 64) as JsHistogram
  const recorder = emptyRecorder()
  for (let i = 0; i < decoded.countsArrayLength; i++) {
    const count = decoded.getCountAtIndex(i)
    if (count === 0) continue
    // The library declares these two private.
    const value = (decoded as unknown as { valueFromIndex(index: number): number }).valueFromIndex(i)
    const index = bucketIndex(value)
    recorder.counts[index] = (recorder.counts[index] as number) + count
  }
  return recorder
}

/** The distribution of all values of several, exact to the bucket. */
export function mergeDistributions(distributions: readonly Payload[]): Distribution {
  const all = emptyRecorder()
  for (const distribution of distributions) all.add(decodeDistribution(distribution).counts)
  return all.toDistribution()
}

/** The highest value of a bucket in nanoseconds, which is what HdrHistogram answers for a percentile in it. */
export function bucketTopNs(index: number): number {
  const exponent = Math.max(0, (index >> 10) - 1)
  return (index - exponent * 1024 + 1) * 2 ** exponent - 1
}
