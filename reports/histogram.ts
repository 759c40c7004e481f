import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type JsHistogram } from 'hdr-histogram-js'
import type { Distribution } from './load-result.ts'

/** Wide enough for a count that a record can hold; the library's own default stops at 32. */
const countBits = 64

/** Reads the payload of a distribution: HdrHistogram V2 as base64, values in nanoseconds. Throws Error on another encoding. */
export const decodeHistogram = (payload: string): JsHistogram =>
  decodeFromCompressedBase64(payload, countBits) as JsHistogram

/**
 * The distribution of all values of several, exact to the bucket. Without figures where one of them has figures and no payload. Throws
 * Error on a payload of another encoding.
 */
export function pooledDistribution(parts: readonly Distribution[]): Distribution {
  const [first] = parts
  if (first && parts.length === 1) return first
  const count = parts.reduce((sum, part) => sum + part.count, 0)
  const pooled = build({ bitBucketSize: countBits, autoResize: true, numberOfSignificantValueDigits: 3 })
  for (const { histogram } of parts) if (histogram !== '') pooled.add(decodeHistogram(histogram))
  const known = pooled.totalCount === count && count > 0
  const at = (percent: number) => (known ? pooled.getValueAtPercentile(percent) / 1000 : null)
  return {
    ...{ count, meanUs: known ? pooled.mean / 1000 : null },
    ...{ p50Us: at(50), p90Us: at(90), p99Us: at(99), p999Us: at(99.9), maxUs: at(100) },
    histogram: known ? encodeIntoCompressedBase64(pooled) : '',
  }
}
