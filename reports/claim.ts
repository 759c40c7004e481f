import { decimal, shownIn, written } from './numbers.ts'
import type { Verdict } from './record.ts'

const names: Record<string, string> = {
  errorRate: 'error rate',
  achievedRate: 'achieved rate',
  cpuUsPerRequest: 'CPU per request',
  memoryBytes: 'memory',
  proxyCpuUsPerRequest: 'CPU of the proxies per request',
  proxyMemoryBytes: 'memory of the proxies',
  controlPlaneCpuUsPerRequest: 'CPU of the control plane per request',
  controlPlaneMemoryBytes: 'memory of the control plane',
  sustainedRate: 'sustained rate',
  bitsPerSecond: 'bit rate',
  lossRate: 'loss',
  jitterUs: 'jitter',
  pushMs: 'push',
  settledMs: 'settling',
  longestGapMs: 'longest gap',
  newConnectionErrorRate: 'error rate on new connections',
}

/** An indicator as people say it: p999Ms is "p99.9". */
export function indicatorName(indicator: string): string {
  const percentile = /^(?:(mean|max)|p(\d\d)(\d*))(?:Ms|Us)$/.exec(indicator)
  if (!percentile) return names[indicator] ?? indicator
  const [, word, percent, decimals] = percentile
  return word ?? `p${percent}${decimals ? `.${decimals}` : ''}`
}

/** A verdict in the pieces that reports set beside each other. Interval and limit are empty where there is none. */
export interface Claim {
  /** "envoy adds 1.44 ms at p99", "p99 of envoy is 1.92 ms". The other arm is named where asked for. */
  sentence: string
  /** "[1.30, 1.61]". */
  interval: string
  /** "≤ 2 ms". */
  limit: string
}

export function claimOf(verdict: Verdict, { nameOther }: { nameOther: boolean }): Claim {
  const { factor, unit } = shownIn(verdict.unit)
  const withUnit = (text: string) => (unit === '' ? text : `${text} ${unit}`)
  const { max, min } = verdict.limit
  const bounds = [
    ...(max === undefined ? [] : [`≤ ${withUnit(written(max * factor))}`]),
    ...(min === undefined ? [] : [`≥ ${withUnit(written(min * factor))}`]),
  ]
  const largest = Math.max(
    ...[verdict.measured ?? 0, ...(verdict.interval ?? [])].map((value) => Math.abs(value * factor)),
  )
  const shown = (value: number) => decimal(value * factor, largest)
  const amount = verdict.measured === null ? 'an unknown amount' : withUnit(shown(verdict.measured))
  return {
    sentence: sentence(verdict, amount, nameOther && verdict.over !== null ? ` to ${verdict.over}` : ''),
    interval: verdict.interval ? `[${verdict.interval.map(shown).join(', ')}]` : '',
    limit: bounds.join(' and '),
  }
}

function sentence({ kind, indicator, arm, measured }: Verdict, amount: string, other: string): string {
  const name = indicatorName(indicator)
  if (kind === 'budget')
    return /^p\d/.test(name) ? `${arm} adds ${amount}${other} at ${name}` : `${arm} adds ${amount} of ${name}${other}`
  if (kind === 'share') return `${arm} keeps ${amount} of the ${name}${other.replace(' to ', ' of ')}`
  return `${name} of ${arm} is ${measured === null ? 'unknown' : amount}`
}
