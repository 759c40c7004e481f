import type { Distribution, Trial } from '../../reports/record.ts'

/** A number that a trial yields and an objective can limit; null where the trial did not measure it. */
export interface Indicator {
  unit: string
  of(trial: Trial): number | null
  /** Latency read from this distribution's generator is no better than its send lag. */
  latency: boolean
}

const percentiles = { mean: 'meanUs', p50: 'p50Us', p90: 'p90Us', p99: 'p99Us', p999: 'p999Us', max: 'maxUs' } as const

function latencyIndicators(suffix: 'Ms' | 'Us'): [string, Indicator][] {
  const divisor = suffix === 'Ms' ? 1000 : 1
  return Object.entries(percentiles).map(([name, field]: [string, keyof Distribution]) => [
    `${name}${suffix}`,
    {
      unit: suffix === 'Ms' ? 'ms' : 'µs',
      latency: true,
      of: ({ load }) => (load.latency[field] === null ? null : (load.latency[field] as number) / divisor),
    },
  ])
}

/** Adds up what is known of the system's own processes; null when nothing is known. */
function total(trial: Trial, field: 'cpuUsPerRequest' | 'memoryBytes'): number | null {
  const known = trial.resources.map((usage) => usage[field]).filter((value) => value !== null)
  return known.length > 0 && known.length === trial.resources.length
    ? known.reduce((sum, value) => sum + value, 0)
    : null
}

/** Requests that ended in an error, over all that ended. */
export function errorRate({ load }: Trial): number | null {
  const errors = Object.values(load.errors).reduce((sum, n) => sum + n, 0)
  return load.requests > 0 ? errors / load.requests : null
}

/** All indicators by the name that objectives use. */
export const indicators: Record<string, Indicator> = {
  ...Object.fromEntries([...latencyIndicators('Ms'), ...latencyIndicators('Us')]),
  errorRate: { unit: '', latency: false, of: errorRate },
  achievedRate: { unit: 'requests/s', latency: false, of: ({ load }) => load.achievedRate },
  sustainedRate: { unit: 'requests/s', latency: false, of: ({ search }) => search?.sustainedRate ?? null },
  cpuUsPerRequest: { unit: 'µs', latency: false, of: (trial) => total(trial, 'cpuUsPerRequest') },
  memoryBytes: { unit: 'bytes', latency: false, of: (trial) => total(trial, 'memoryBytes') },
}
