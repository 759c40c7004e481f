import { ReportError } from './errors.ts'
import { decodeHistogram } from './histogram.ts'
import type { Distribution } from './load-result.ts'
import { written } from './numbers.ts'
import type { Trial } from './record.ts'

/** The distributions of a trial whose percentiles are indicators, and how their indicators' names and titles begin. */
const families = {
  latency: { prefix: '', word: '', of: ({ load }: Trial) => load.latency },
  firstMessage: { prefix: 'firstMessage', word: 'first-message ', of: ({ load }: Trial) => load.firstMessage },
  oneWayDelay: { prefix: 'oneWayDelay', word: 'one-way delay ', of: ({ load }: Trial) => load.stream?.oneWayDelay },
} satisfies Record<string, { prefix: string; word: string; of(trial: Trial): Distribution | undefined }>

export type DistributionName = keyof typeof families

/** The figures that a record keeps beside the payload: they are read as they are, never worked out anew. */
const kept = { 50: 'p50Us', 90: 'p90Us', 99: 'p99Us', 99.9: 'p999Us' } as const satisfies Record<
  number,
  keyof Distribution
>

/** A percentile's name, read: p9999Us is the 99.99th of latency in microseconds. */
export interface Percentile {
  distribution: DistributionName
  /** Above 0 and below 100. */
  percent: number
  unit: 'ms' | 'µs'
  /** "p99.99", "first-message p75". */
  title: string
}

/** Two digits before the point, the rest behind it: no name has a zero at its end, so that none reads as p100. */
export const percentilePattern = /^(?:p|(firstMessage|oneWayDelay)P)(?!00)(\d\d)(\d{0,2}[1-9])?(Ms|Us)$/

/** How percentiles may be named, for messages. */
export const percentileNames =
  'any percentile from p01 to p99999 in Ms or Us (p99Ms; p999Ms is p99.9, p9999Us is p99.99), and as firstMessageP99Ms or oneWayDelayP99Us'

/** Reads a percentile's name; null of any other, such as p0Ms, p100Ms or p99.99Ms. */
export function percentileOf(name: string): Percentile | null {
  const [, distribution = 'latency', whole, decimals = '0', suffix] = percentilePattern.exec(name) ?? []
  if (whole === undefined) return null
  const percent = Number(`${whole}.${decimals}`)
  const { word } = families[distribution as DistributionName]
  return {
    distribution: distribution as DistributionName,
    percent,
    unit: suffix === 'Ms' ? 'ms' : 'µs',
    title: `${word}p${written(percent)}`,
  }
}

/**
 * A percentile of one trial in microseconds; null where the trial has no such distribution, nothing in it, or neither the figure nor
 * the payload. Throws ReportError RECORD_INVALID when the payload cannot be read.
 */
export function percentileUs(trial: Trial, { distribution, percent }: Pick<Percentile, 'distribution' | 'percent'>) {
  const values = families[distribution].of(trial)
  if (!values) return null
  if (percent in kept) return values[kept[percent as keyof typeof kept]]
  if (values.count === 0 || values.histogram === '') return null
  return readHistogram(trial, distribution, values).getValueAtPercentile(percent) / 1000
}

/** The distribution behind a trial's figures. Throws ReportError RECORD_INVALID, naming the trial, when it cannot be read. */
export function readHistogram(
  { index, arm }: Pick<Trial, 'index' | 'arm'>,
  name: DistributionName,
  { histogram }: Pick<Distribution, 'histogram'>,
) {
  try {
    return decodeHistogram(histogram)
  } catch (cause) {
    const what = (families[name].word || 'latency').trim()
    throw new ReportError('RECORD_INVALID', `the ${what} histogram of trial ${index} of ${arm} cannot be read`, {
      cause,
    })
  }
}
