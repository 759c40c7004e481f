import { build, encodeIntoCompressedBase64, type JsHistogram } from 'hdr-histogram-js'
import { decodeHistogram } from '../../../reports/histogram.ts'
import type { Distribution } from '../../../reports/load-result.ts'
import { bucketCount, bucketIndex, emptyRecorder, highestNs, type Recorder } from './recorder.ts'

/** All figures are those of the payload, so that a merge of distributions equals the distribution of all values. */
export function toDistribution({ counts }: Recorder): Distribution {
  const histogram = build({
    bitBucketSize: 64,
    lowestDiscernibleValue: 1,
    highestTrackableValue: highestNs,
    numberOfSignificantValueDigits: 3,
  }) as JsHistogram
  for (let i = 0; i < bucketCount; i++) {
    const count = counts[i] as number
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

/** A distribution of what was not measured. */
export const notMeasured: Distribution = {
  count: 0,
  meanUs: null,
  p50Us: null,
  p90Us: null,
  p99Us: null,
  p999Us: null,
  maxUs: null,
  histogram: '',
}

type Payload = Pick<Distribution, 'histogram'>

/** Reads the payload of a distribution (HdrHistogram V2, nanoseconds, any precision up to 3 digits). Throws on another encoding. */
export function decodeDistribution(distribution: Payload): Recorder {
  const decoded = decodeHistogram(distribution.histogram)
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
  return toDistribution(all)
}
