import type { Distribution } from '../../reports/load-result.ts'
import type { ResourceUsage, Trial } from '../../reports/record.ts'
import { lossRate } from '../../reports/summary.ts'

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

type Role = ResourceUsage['role']
const ownRoles: readonly Role[] = ['app', 'proxy']

/** Of replies that are streams: from the intended start to the first message, such as a token. */
const firstMessageIndicators = (['p50', 'p99'] as const).map((name): [string, Indicator] => [
  `firstMessage${name.toUpperCase()}Ms`,
  {
    unit: 'ms',
    latency: true,
    of: ({ load: { firstMessage } }) => {
      const us = firstMessage?.[`${name}Us`] ?? null
      return us === null ? null : us / 1000
    },
  },
])

/** Adds up what containers of these roles took; null when there are none, or one of them was not measured. */
function used(roles: readonly Role[], field: 'cpuUsPerRequest' | 'memoryBytes', unit: string): Indicator {
  const of = ({ resources }: Trial) => {
    const values = resources.filter(({ role }) => roles.includes(role)).map((usage) => usage[field])
    return values.length === 0 || values.includes(null)
      ? null
      : values.reduce<number>((sum, value) => sum + (value ?? 0), 0)
  }
  return { unit, latency: false, of }
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
  ...Object.fromEntries([...latencyIndicators('Ms'), ...latencyIndicators('Us'), ...firstMessageIndicators]),
  errorRate: { unit: '', latency: false, ofErrors: true, of: errorRate },
  achievedRate: { unit: 'requests/s', latency: false, of: ({ load }) => load.achievedRate },
  sustainedRate: { unit: 'requests/s', latency: false, of: ({ search }) => search?.sustainedRate ?? null },
  bitsPerSecond: { unit: 'bit/s', latency: false, of: ({ load }) => load.stream?.bitsPerSecond ?? null },
  lossRate: { unit: '', latency: false, ofErrors: true, of: lossRate },
  jitterUs: { unit: 'µs', latency: false, of: ({ load }) => load.stream?.jitterUs ?? null },
  /** 1 µs a request is 1 millicore for each 1000 requests a second. */
  cpuUsPerRequest: used(ownRoles, 'cpuUsPerRequest', 'µs'),
  proxyCpuUsPerRequest: used(['proxy'], 'cpuUsPerRequest', 'µs'),
  controlPlaneCpuUsPerRequest: used(['control-plane'], 'cpuUsPerRequest', 'µs'),
  memoryBytes: used(ownRoles, 'memoryBytes', 'bytes'),
  proxyMemoryBytes: used(['proxy'], 'memoryBytes', 'bytes'),
  controlPlaneMemoryBytes: used(['control-plane'], 'memoryBytes', 'bytes'),
  ...Object.fromEntries(churnIndicators),
  newConnectionErrorRate: {
    unit: '',
    latency: false,
    ofErrors: true,
    of: ({ churn }) => (churn ? failedShare(churn) : null),
  },
}
