import { build, decodeFromCompressedBase64, type JsHistogram } from 'hdr-histogram-js'
import { expect, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import { decodeDistribution, mergeDistributions, toDistribution } from './histogram.ts'
import { bucketIndex, bucketTopNs, emptyRecorder } from './recorder.ts'

const random = seededRandom(11)
/** Spread over all magnitudes from 1 ns to 24 h. */
const values = Array.from({ length: 20_000 }, () => Math.floor(2 ** (random() * Math.log2(86_400e9))))
const edges = [0, 1, 2047, 2048, 2049, 4095, 4096, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32, 3.6e12, 86_400e9 - 1]

function distributionOf(recorded: readonly number[]) {
  const recorder = emptyRecorder()
  for (const value of recorded) recorder.record(value)
  return toDistribution(recorder)
}

test('buckets are those of HdrHistogram', () => {
  const reference = build({
    bitBucketSize: 64,
    lowestDiscernibleValue: 1,
    highestTrackableValue: 86_400e9,
    numberOfSignificantValueDigits: 3,
  }) as JsHistogram
  for (const value of [...edges, ...values]) {
    const index = bucketIndex(value)
    expect(index, `${value}`).toBe(reference.countsArrayIndex(value))
    expect(bucketTopNs(index), `${value}`).toBe(reference.highestEquivalentValue(value))
  }
})

test('fractions are cut off, negative values count as 0, and what is over 24 h counts as 24 h', () => {
  expect(bucketIndex(1999.9)).toBe(1999)
  expect(bucketIndex(-5)).toBe(0)
  expect(bucketIndex(1e18)).toBe(bucketIndex(86_400e9 - 1))
})

test('percentiles are within the 3 digits of those of the sorted values', () => {
  const distribution = distributionOf(values)
  const sorted = values.toSorted((a, b) => a - b)
  for (const [share, us] of [
    [0.5, distribution.p50Us],
    [0.9, distribution.p90Us],
    [0.99, distribution.p99Us],
    [0.999, distribution.p999Us],
    [1, distribution.maxUs],
  ] as const) {
    const exact = (sorted[Math.ceil(share * sorted.length) - 1] as number) / 1000
    expect(us).toBeGreaterThanOrEqual(exact)
    expect(us).toBeLessThanOrEqual(exact * 1.001)
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length / 1000
  expect((distribution.meanUs ?? 0) / mean).toBeCloseTo(1, 3)
})

test('the payload is an HdrHistogram V2 that others read', () => {
  const distribution = distributionOf(values)
  expect(distribution.histogram).toMatch(/^HISTFAAA/)
  const decoded = decodeFromCompressedBase64(distribution.histogram)
  expect(decoded.totalCount).toBe(values.length)
  expect(decoded.getValueAtPercentile(99) / 1000).toBe(distribution.p99Us)
  expect(toDistribution(decodeDistribution(distribution))).toEqual(distribution)
})

test('a merge equals the distribution of all values', () => {
  const thirds = [0, 1, 2].map((part) => distributionOf(values.filter((_, i) => i % 3 === part)))
  expect(mergeDistributions(thirds)).toEqual(distributionOf(values))
})

test('a distribution of nothing has no figures', () => {
  const empty = distributionOf([])
  expect(empty).toMatchObject({ count: 0, meanUs: null, p50Us: null, p999Us: null, maxUs: null })
  expect(mergeDistributions([empty, empty])).toEqual(empty)
  expect(mergeDistributions([empty, distributionOf([5])])).toEqual(distributionOf([5]))
})
