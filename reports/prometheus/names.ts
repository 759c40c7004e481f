import type { Indicator } from '../indicators.ts'

/** How Prometheus writes a unit of ours: its base unit as the end of a name, and what a value is multiplied with. */
interface BaseUnit {
  suffix: string
  factor: number
}

const baseUnits: Record<string, BaseUnit> = {
  ms: { suffix: 'seconds', factor: 1e-3 },
  µs: { suffix: 'seconds', factor: 1e-6 },
  bytes: { suffix: 'bytes', factor: 1 },
  'bit/s': { suffix: 'bytes_per_second', factor: 1 / 8 },
  'requests/s': { suffix: 'requests_per_second', factor: 1 },
  calls: { suffix: 'calls', factor: 1 },
  '': { suffix: 'ratio', factor: 1 },
  '×': { suffix: 'ratio', factor: 1 },
}

/** The base unit of one of ours; undefined of a unit that this version does not know. */
export const baseUnit = (unit: string): BaseUnit | undefined => baseUnits[unit]

/** The name of an indicator's metric: p99Ms is meshmark_latency_p99_seconds, errorRate meshmark_error_ratio. */
export function metricName({ name, distribution, kind }: Indicator, { suffix }: BaseUnit): string {
  if (name === 'bitsPerSecond') return 'meshmark_bytes_per_second'
  const latency = distribution === 'latency' && kind === 'replies' ? 'latency_' : ''
  const words = name
    .replace(/(Ms|Us|Bytes|Rate)$/, '')
    .replace('UsPerRequest', 'PerRequest')
    .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return `meshmark_${latency}${words}_${suffix}`
}
