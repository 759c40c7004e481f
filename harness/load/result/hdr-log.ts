import { HistogramLogWriter } from 'hdr-histogram-js'
import { decodeHistogram } from '../../../reports/histogram.ts'
import type { LoadResult, Stopped } from '../../../reports/load-result.ts'

const nsPerMs = 1e6
/** As HdrHistogram's own tools print them. */
const ticksPerHalfDistance = 5

/**
 * The latencies of each interval as an HdrHistogram log, format 1.3: values in nanoseconds, the maximum in milliseconds, time stamps in
 * seconds since the measured part began, which was at `startedAtMs` (since the epoch). Intervals of which no histogram was kept are left out.
 */
export function hdrLog({ timeline, stopped }: Pick<LoadResult, 'timeline' | 'stopped'>, startedAtMs: number): string {
  const lines: string[] = []
  const writer = new HistogramLogWriter((text) => lines.push(text))
  writer.outputComment('[Latency from the intended start, in nanoseconds, by meshmark]')
  writer.outputLogFormatVersion()
  writer.outputComment(
    `[StartTime: ${(startedAtMs / 1000).toFixed(3)} (seconds since epoch), ${new Date(startedAtMs).toISOString()}]`,
  )
  if (stopped) writer.outputComment(stopNote(stopped))
  writer.outputLegend()
  for (const [i, { atMs, histogram }] of timeline.entries()) {
    if (histogram === undefined) continue
    const fromMs = timeline[i - 1]?.atMs ?? 0
    writer.outputIntervalHistogram(decodeHistogram(histogram), fromMs / 1000, atMs / 1000, nsPerMs)
  }
  return lines.join('')
}

/** The latencies as HdrHistogram's percentile text (.hgrm), in milliseconds: what its plotters read. */
export const percentileText = ({ latency, stopped }: Pick<LoadResult, 'latency' | 'stopped'>): string =>
  decodeHistogram(latency.histogram).outputPercentileDistribution(ticksPerHalfDistance, nsPerMs) +
  (stopped ? `#${stopNote(stopped)}\n` : '')

const stopNote = ({ atMs, why }: Stopped) => `[Stopped after ${(atMs / 1000).toFixed(1)} s: ${why}]`
