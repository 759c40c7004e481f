import { build, decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js'
import { ReportError } from '../errors.ts'
import type { Arm } from '../record.ts'
import { validTrials } from '../summary.ts'

/** The latencies of an arm's valid trials in one histogram, in nanoseconds; null when there are none. */
export function pooledLatency(arm: Arm): Histogram | null {
  const pooled = build({ autoResize: true, numberOfSignificantValueDigits: 3 })
  for (const { index, load } of validTrials(arm)) {
    // A peer tool may know percentiles and no distribution.
    if (load.latency.histogram === '') continue
    try {
      pooled.add(decodeFromCompressedBase64(load.latency.histogram))
    } catch (cause) {
      throw new ReportError('RECORD_INVALID', `the latency histogram of trial ${index} of ${arm.name} cannot be read`, {
        cause,
      })
    }
  }
  return pooled.totalCount > 0 ? pooled : null
}

const perDecade = 24
export const spectrumStart = 1 / perDecade

/** Points of a percentile spectrum: x is log10(1 / (1 − share)), y the latency in ms. Ends where one request is left above. */
export function spectrumPoints(histogram: Histogram): [x: number, ms: number][] {
  const end = Math.log10(histogram.totalCount)
  // The very lowest latencies would stretch the axis downwards and tell nothing.
  const xs = [
    ...Array.from({ length: Math.max(0, Math.ceil(end * perDecade) - 1) }, (_, i) => (i + 1) / perDecade),
    end,
  ]
  return xs.map((x) => [x, Math.max(1, histogram.getValueAtPercentile(100 * (1 - 10 ** -x))) / 1e6])
}
