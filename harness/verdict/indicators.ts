import type { Distribution, Trial } from '../../reports/record.ts'

/** A number that a trial yields and an objective can limit; null where the trial did not measure it. */
export interface Indicator {
  unit: string
  of(trial: Trial): number | null
  /** Latency read from this distribution's generator is no better than its send lag. */
  latency: boolean
  /** Counts trials that cannot be trusted too: errors are what spoils one. */
  ofErrors?: true
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
  return failedShare(load)
}

function failedShare({ requests, errors }: Pick<Trial['load'], 'requests' | 'errors'>): number | null {
  const failed = Object.values(errors).reduce((sum, n) => sum + n, 0)
  return requests > 0 ? failed / requests : null
}

/** Of a trial that changes something while its load runs. */
const churnIndicators = (['pushMs', 'settledMs', 'longestGapMs'] as const).map((field): [string, Indicator] => [
  field,
  { unit: 'ms', latency: false, of: ({ churn }) => churn?.[field] ?? null },
])

/** All indicators by the name that objectives use. */
export const indicators: Record<string, Indicator> = {
  ...Object.fromEntries([...latencyIndicators('Ms'), ...latencyIndicators('Us')]),
  errorRate: { unit: '', latency: false, ofErrors: true, of: errorRate },
  achievedRate: { unit: 'requests/s', latency: false, of: ({ load }) => load.achievedRate },
  cpuUsPerRequest: { unit: 'µs', latency: false, of: (trial) => total(trial, 'cpuUsPerRequest') },
  memoryBytes: { unit: 'bytes', latency: false, of: (trial) => total(trial, 'memoryBytes') },
  ...Object.fromEntries(churnIndicators),
  newConnectionErrorRate: {
    unit: '',
    latency: false,
    ofErrors: true,
    of: ({ churn }) => (churn ? failedShare(churn) : null),
  },
}
