import { expect, test } from 'vitest'
import { decodeHistogram } from '../../reports/histogram.ts'
import { pairedLatencies, unitOf } from '../../reports/testing/units.ts'
import { countAbove, merged, percentileOfSample, sampleOf } from './samples.ts'

const [first, second] = pairedLatencies({ units: 2, requests: 1000 }).map(({ envoy }, i) => unitOf(i, envoy))

test('percentiles are those of the payload, also of units taken together', () => {
  if (!first || !second) throw new Error('no units')
  const histogram = decodeHistogram(first.latency)
  const sample = sampleOf(first, 'latency')
  for (const percent of [1, 50, 90, 99, 99.9, 100])
    expect(percentileOfSample(sample, percent)).toBe(histogram.getValueAtPercentile(percent) / 1000)
  expect(sample.meanUs).toBeCloseTo(histogram.mean / 1000, 9)
  histogram.add(decodeHistogram(second.latency))
  const both = merged([sample, sampleOf(second, 'latency')])
  for (const percent of [1, 50, 90, 99, 99.9, 100])
    expect(percentileOfSample(both, percent)).toBe(histogram.getValueAtPercentile(percent) / 1000)
  expect(both.meanUs).toBeCloseTo(histogram.mean / 1000, 6)
  expect(both.total).toBe(2000)
})

test('a unit is read once, counts what is above a limit, and has nothing without a reply', () => {
  if (!first) throw new Error('no units')
  expect(sampleOf(first, 'latency')).toBe(sampleOf(first, 'latency'))
  const sample = sampleOf(first, 'latency')
  expect(countAbove(sample, percentileOfSample(sample, 99) as number)).toBeLessThanOrEqual(10)
  expect(countAbove(sample, 0)).toBe(1000)
  expect(percentileOfSample(sampleOf(unitOf(0, []), 'latency'), 99)).toBeNull()
  expect(sampleOf(first, 'firstMessage').total).toBe(0)
})
