import { build, type Histogram } from 'hdr-histogram-js'
import { readHistogram } from '../percentiles.ts'
import type { Arm } from '../record.ts'
import { validTrials } from '../summary.ts'

/** The latencies of an arm's valid trials in one histogram, in nanoseconds; null when there are none. Throws ReportError RECORD_INVALID. */
export function pooledLatency(arm: Arm): Histogram | null {
  const pooled = build({ autoResize: true, numberOfSignificantValueDigits: 3 })
  // A peer tool may know percentiles and no distribution.
  for (const trial of validTrials(arm).filter(({ load }) => load.latency.histogram !== ''))
    pooled.add(readHistogram(trial, 'latency', trial.load.latency))
  return pooled.totalCount > 0 ? pooled : null
}

const perDecade = 24
export const spectrumStart = 1 / perDecade

/** Points of a percentile spectrum: x is log10(1 / (1 − share)), y the latency in ms. Ends where one request is left above. */
export function spectrumPoints(histogram: Histogram): [x: number, ms: number][] {
  const end = Math.log10(histogram.totalCount)
  // The very lowest latencies would stretch the axis downwards and show nothing.
  const xs = [
    ...Array.from({ length: Math.max(0, Math.ceil(end * perDecade) - 1) }, (_, i) => (i + 1) / perDecade),
    end,
  ]
  return xs.map((x) => [x, Math.max(1, histogram.getValueAtPercentile(100 * (1 - 10 ** -x))) / 1e6])
}
