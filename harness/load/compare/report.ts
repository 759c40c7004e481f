import type { ClientName, Reached } from './clients.ts'

/** What was measured: one entry a repetition, in order, so that ratios are taken within a repetition. */
export interface Comparison {
  connections: number
  seconds: number
  closedLoop: Partial<Record<ClientName, Reached[]>>
  skipped: { client: string; reason: string; remedy: string }[]
  openLoop: { targetRate: number; achievedShare: number[]; sendLagP99Us: number[] }
}

export interface Goal {
  goal: string
  measured: number
  met: boolean
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}

/** Medians over the repetitions against what the load engine must reach. A goal whose peer was skipped is left out. */
export function goals({ closedLoop, openLoop }: Comparison): Goal[] {
  const atLeast = (peer: ClientName, limit: number): Goal[] => {
    const own = closedLoop.meshmark
    const other = closedLoop[peer]
    if (!own || !other) return []
    const ratio = median(own.map((mine, i) => mine.requestsPerSecond / (other[i] as Reached).requestsPerSecond))
    return [{ goal: `requests/s at least ${limit} of ${peer}'s`, measured: ratio, met: ratio >= limit }]
  }
  const share = median(openLoop.achievedShare)
  const lag = median(openLoop.sendLagP99Us)
  return [
    ...atLeast('wrk', 0.9),
    ...atLeast('autocannon', 2),
    { goal: `achieved/target at least 0.999 at ${openLoop.targetRate}/s`, measured: share, met: share >= 0.999 },
    { goal: `send-lag p99 at most 20 µs at ${openLoop.targetRate}/s`, measured: lag, met: lag <= 20 },
  ]
}

/** The comparison as a table for people. */
export function comparisonText(comparison: Comparison): string {
  const { closedLoop, openLoop, skipped, connections, seconds } = comparison
  const spread = (values: number[], digits: number) => {
    const show = (value: number) =>
      value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })
    return `${show(median(values))} [${show(Math.min(...values))}–${show(Math.max(...values))}]`
  }
  const rows = Object.entries(closedLoop).map(([client, runs]) => [
    client,
    spread(
      runs.map((run) => run.requestsPerSecond),
      0,
    ),
    spread(
      runs.map((run) => run.cpuUsPerRequest),
      2,
    ),
  ])
  const table = [['client', 'requests/s, median [spread]', 'CPU µs/request'], ...rows]
  return [
    `closed loop: ${connections} connections, ${seconds} s a run, no pipelining, one core each for nginx and the client`,
    ...table.map(([client, rate, cpu]) => `  ${client?.padEnd(12)}${rate?.padEnd(36)}${cpu}`),
    ...skipped.map(({ client, reason, remedy }) => `  ${client.padEnd(12)}skipped: ${reason} (${remedy})`),
    `open loop: ${openLoop.targetRate.toLocaleString('en')}/s`,
    `  achieved/target   ${spread(openLoop.achievedShare, 5)}`,
    `  send-lag p99 µs   ${spread(openLoop.sendLagP99Us, 2)}`,
    'goals',
    ...goals(comparison).map(
      ({ goal, measured, met }) => `  ${met ? 'met' : 'not met'}: ${goal}; ${measured.toFixed(4)}`,
    ),
  ].join('\n')
}
