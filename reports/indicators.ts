import { failuresIn } from './failures.ts'
import { type KernelFigure, kernelValue, stations } from './kernel.ts'
import type { Distribution } from './load-result.ts'
import { type DistributionName, percentileNames, percentileOf, percentileUs } from './percentiles.ts'
import type { ResourceUsage, Trial } from './record.ts'

/**
 * A number that a trial yields, an objective can limit and every report shows. A line in the table below is all that a new one needs:
 * objectives, matchers, summary, CSV and Allure take it from there, and so do the tables for people where it has a column's head.
 */
export interface Indicator {
  /** As objectives, records and programs name it, with its unit. */
  name: string
  /** Of the values: "ms", "µs", "bytes", "bit/s", "requests/s"; empty of a share. */
  unit: string
  /** As people say it: "p99.9", "error rate". */
  title: string
  better: 'lower' | 'higher'
  /** Null where the trial did not measure it. */
  of(trial: Trial): number | null
  /** Of an arm, from its valid trials. Absent: the median of their values. */
  ofArm?: (trials: readonly Trial[]) => number | null
  /** The generator's own lateness is part of the value, which is then no better than the send lag. */
  sendLag?: true
  /** It counts failures: so many of all. All of them are added up, also of a trial which failures spoiled. Null where it was not measured. */
  counts?: (trial: Trial) => Counts | null
  /** What happened to those, as people say it. Absent: they failed. */
  happened?: string
  /** It is what containers used. */
  ofUsage?: true
  /** The kernel probe that sees it. */
  probe?: string
  /** It is a figure of what the kernel saw of the arm in a unit, or in all. */
  ofKernel?: KernelFigure
  /** The distribution that it is a figure of, and at which percentile; a mean or a maximum has none. */
  distribution?: DistributionName
  percent?: number
  /** What an arm must have done for a table to show it. Absent: anything. */
  kind?: 'replies' | 'streams' | 'changes'
  /** Left out of a table where no arm has it. */
  optional?: true
  /** Another form, or a part, of an indicator that is there: no sample in Allure. */
  detail?: true
  /** The column of the CSV that has it under another name. Absent: its own name. */
  column?: string
  /** Its column in the terminal. Those of a higher rank go first when the terminal is narrow. */
  terminal?: { head: string; rank: number; suffix?: string }
  /** Its column in the page's table of arms, under a head that it shares with its neighbours. */
  page?: { group: string; head: string }
}

/** Failures, and of how many. */
export interface Counts {
  failed: number
  all: number
}

type Figure = 'meanUs' | 'maxUs'
type Shown = Pick<Indicator, 'terminal' | 'page'>

/** A percentile that is in the table because reports show it; any other is made when it is asked for. */
function percentileRow(name: string, more: Partial<Indicator> = {}): Indicator {
  const percentile = percentileOf(name)
  if (!percentile) throw new RangeError(`${name} is no percentile`)
  const { distribution, percent, title, unit } = percentile
  const divisor = unit === 'ms' ? 1000 : 1
  return {
    ...{ name, unit, title, better: 'lower', distribution, percent },
    // A one-way delay begins at the actual send.
    ...(distribution === 'oneWayDelay' ? {} : { sendLag: true as const }),
    of(trial) {
      const us = percentileUs(trial, percentile)
      return us === null ? null : us / divisor
    },
    ...more,
  }
}

/** Mean or maximum of the latencies. The maximum of an arm is the highest of all its trials. */
function figureRow(name: string, field: Figure, more: Partial<Indicator> = {}): Indicator {
  const divisor = name.endsWith('Ms') ? 1000 : 1
  const of = ({ load: { latency } }: Trial) => scaled(latency, field, divisor)
  const highest = (trials: readonly Trial[]) => trials.map(of).reduce((top, value) => most(top, value), null)
  return {
    ...{ name, unit: name.endsWith('Ms') ? 'ms' : 'µs', title: field.slice(0, -2), better: 'lower', of, sendLag: true },
    ...{ distribution: 'latency', kind: 'replies', detail: true, column: columnOf(field) },
    ...(field === 'maxUs' ? { ofArm: highest } : {}),
    ...more,
  }
}

const scaled = (latency: Distribution, field: Figure, divisor: number) =>
  latency[field] === null ? null : latency[field] / divisor
const most = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b))
const columnOf = (field: string) => `latency${field[0]?.toUpperCase()}${field.slice(1)}`

const latencyRow = (name: string, more: Partial<Indicator> = {}) =>
  percentileRow(name, { kind: 'replies', column: columnOf(name.replace('Ms', 'Us')), ...more })
const latencyShown = (head: string, rank?: number): Shown => ({
  ...(rank === undefined ? {} : { terminal: { head: `${head} ms`, rank } }),
  page: { group: 'Latency, ms', head },
})

type Role = ResourceUsage['role']
type UsageField = 'cpuUsPerRequest' | 'memoryBytes'

/** What containers of these roles took together; null when there are none, or one of them was not measured. */
const used =
  (field: UsageField, ...roles: Role[]) =>
  ({ resources }: Trial) => {
    const values = resources.filter(({ role }) => roles.includes(role)).map((usage) => usage[field])
    return values.length === 0 || values.includes(null)
      ? null
      : values.reduce<number>((sum, value) => sum + (value ?? 0), 0)
  }

const share = (part: number, all: number) => (all > 0 ? part / all : null)

/** Datagrams that did not arrive, of all that were sent. */
const lost = ({ load: { stream } }: Trial) =>
  stream?.datagrams ? { failed: stream.datagrams.lost, all: stream.datagrams.sent } : null
const failedRequests = ({ load }: Trial) => ({ failed: failuresIn(load.errors), all: load.requests })
const failedConnections = ({ churn }: Trial) =>
  churn ? { failed: failuresIn(churn.errors), all: churn.requests } : null

/** A share of failures. Of an arm it is all failures over all: a short trial counts for what it has. Null where there was nothing that could fail. */
function failureRow(
  name: string,
  title: string,
  counts: (trial: Trial) => Counts | null,
  more: Partial<Indicator> = {},
): Indicator {
  const ofArm = (trials: readonly Trial[]) => {
    const all = trials.map(counts).filter((one) => one !== null)
    const sum = (field: keyof Counts) => all.reduce((total, one) => total + one[field], 0)
    return share(sum('failed'), sum('all'))
  }
  return { name, unit: '', title, better: 'lower', of: (trial) => ofArm([trial]), ofArm, counts, ...more }
}

const behindTheLoad = stations.filter((at) => at !== 'client')

/** A percentile of what a probe measured; null where it did not. */
function kernelRow(name: string, title: string, figure: KernelFigure): Indicator {
  const of = ({ kernel, load }: Trial) => {
    const reading = kernel?.readings.find(({ probe, reason }) => probe === figure.probe && reason === null)
    // Of a trial without units, the kernel saw the warm-up too.
    const requests = load.requests + (load.units ? 0 : load.warmUpRequests)
    return reading?.series ? kernelValue(figure, reading.series, requests) : null
  }
  const unit = figure.percent === undefined ? 'calls' : 'µs'
  return { name, unit, title, better: 'lower', of, probe: figure.probe, ofKernel: figure, optional: true }
}

function kernelPercentiles(probe: string, kind: string, title: string, at: KernelFigure['at']): Indicator[] {
  return [50, 99].map((percent) =>
    kernelRow(`${probe}P${percent}Us`, `${title} p${percent}`, { probe, kinds: [kind], at, percent }),
  )
}

/** Segments sent again, and of how many writes. */
function sentAgain({ kernel }: Trial): Counts | null {
  const { series } = kernel?.readings.find(({ probe, reason }) => probe === 'retransmits' && reason === null) ?? {}
  if (!series) return null
  const sum = (kind: string) => series.filter((one) => one.kind === kind).reduce((total, { count }) => total + count, 0)
  return { failed: sum('retransmit'), all: sum('write') }
}

const syscallKinds = ['read', 'write', 'wait', 'lock', 'connect', 'accept', 'other']

const cpu = { unit: 'µs', better: 'lower', ofUsage: true } as const
const memory = { unit: 'bytes', better: 'lower', ofUsage: true } as const
const change = { unit: 'ms', better: 'lower', kind: 'changes' } as const

/** Every indicator but the percentiles that nobody shows: those are made by `indicatorOf`. Tables keep this order. */
// biome-ignore format: a line each
export const indicators: Indicator[] = [
  { name: 'achievedRate', unit: 'requests/s', title: 'achieved rate', better: 'higher', of: ({ load }) => load.achievedRate, column: 'achievedRatePerSecond', terminal: { head: 'achieved', rank: 1, suffix: '/s' }, page: { group: '', head: 'Achieved, /s' } },
  figureRow('meanMs', 'meanUs'),
  latencyRow('p50Ms', latencyShown('p50', 2)),
  latencyRow('p90Ms', { detail: true, ...latencyShown('p90') }),
  latencyRow('p99Ms', latencyShown('p99', 0)),
  latencyRow('p999Ms', latencyShown('p99.9', 4)),
  figureRow('maxMs', 'maxUs', latencyShown('max')),
  figureRow('meanUs', 'meanUs'),
  ...['p50Us', 'p90Us', 'p99Us', 'p999Us'].map((name) => latencyRow(name, { detail: true })),
  figureRow('maxUs', 'maxUs'),
  percentileRow('firstMessageP50Ms'),
  percentileRow('firstMessageP99Ms'),
  { name: 'bitsPerSecond', unit: 'bit/s', title: 'bit rate', better: 'higher', of: ({ load }) => load.stream?.bitsPerSecond ?? null, kind: 'streams', terminal: { head: 'bit rate', rank: 0 }, page: { group: '', head: 'Bit rate' } },
  failureRow('lossRate', 'loss', lost, { happened: 'were lost', kind: 'streams', optional: true, terminal: { head: 'loss', rank: 0 }, page: { group: '', head: 'Lost' } }),
  { name: 'jitterUs', unit: 'µs', title: 'jitter', better: 'lower', of: ({ load }) => load.stream?.jitterUs ?? null, kind: 'streams', optional: true, terminal: { head: 'jitter µs', rank: 2 }, page: { group: '', head: 'Jitter, µs' } },
  percentileRow('oneWayDelayP50Us', { kind: 'streams', optional: true, page: { group: 'One-way delay, µs', head: 'p50' } }),
  percentileRow('oneWayDelayP99Us', { kind: 'streams', optional: true, terminal: { head: 'delay p99 µs', rank: 4 }, page: { group: 'One-way delay, µs', head: 'p99' } }),
  // 1 µs a request is 1 millicore for each 1000 requests a second.
  { ...cpu, name: 'cpuUsPerRequest', title: 'CPU per request', of: used('cpuUsPerRequest', 'app', 'proxy'), terminal: { head: 'cpu/request', rank: 3, suffix: ' µs' } },
  { ...cpu, name: 'appCpuUsPerRequest', title: 'CPU of the app per request', of: used('cpuUsPerRequest', 'app'), detail: true, page: { group: 'CPU per request, µs', head: 'app' } },
  { ...cpu, name: 'proxyCpuUsPerRequest', title: 'CPU of the proxies per request', of: used('cpuUsPerRequest', 'proxy'), detail: true, page: { group: 'CPU per request, µs', head: 'proxy' } },
  { ...cpu, name: 'controlPlaneCpuUsPerRequest', title: 'CPU of the control plane per request', of: used('cpuUsPerRequest', 'control-plane'), detail: true },
  { ...memory, name: 'memoryBytes', title: 'memory', of: used('memoryBytes', 'app', 'proxy') },
  { ...memory, name: 'appMemoryBytes', title: 'memory of the app', of: used('memoryBytes', 'app'), detail: true, page: { group: 'Memory, MiB', head: 'app' } },
  { ...memory, name: 'proxyMemoryBytes', title: 'memory of the proxies', of: used('memoryBytes', 'proxy'), detail: true, page: { group: 'Memory, MiB', head: 'proxy' } },
  { ...memory, name: 'controlPlaneMemoryBytes', title: 'memory of the control plane', of: used('memoryBytes', 'control-plane'), detail: true },
  { name: 'sustainedRate', unit: 'requests/s', title: 'sustained rate', better: 'higher', of: ({ search }) => search?.sustainedRate ?? null, column: 'sustainedRatePerSecond' },
  { ...change, name: 'pushMs', title: 'push', of: ({ churn }) => churn?.pushMs ?? null, terminal: { head: 'push ms', rank: 0 }, page: { group: 'Change, ms', head: 'push' } },
  { ...change, name: 'settledMs', title: 'settling', of: ({ churn }) => churn?.settledMs ?? null, terminal: { head: 'settled ms', rank: 0 }, page: { group: 'Change, ms', head: 'settled' } },
  { ...change, name: 'longestGapMs', title: 'longest gap', of: ({ churn }) => churn?.longestGapMs ?? null, terminal: { head: 'gap ms', rank: 2 }, page: { group: 'Change, ms', head: 'longest gap' } },
  ...kernelPercentiles('runqueue', 'runqueue', 'run queue', behindTheLoad),
  ...kernelPercentiles('requests', 'server', 'requests at the app', ['app']),
  ...kernelPercentiles('arrival', 'server', 'unread', behindTheLoad),
  ...kernelPercentiles('rtt', 'smallest', 'round trip', stations),
  kernelRow('syscallsPerRequest', 'system calls per request', { probe: 'syscalls', kinds: syscallKinds, at: behindTheLoad }),
  failureRow('retransmitRate', 'retransmits', sentAgain, { happened: 'were sent again', optional: true, probe: 'retransmits' }),
  failureRow('newConnectionErrorRate', 'error rate on new connections', failedConnections),
  failureRow('errorRate', 'error rate', failedRequests),
]

/** The indicator of that name, of the table or any percentile; undefined of a name that is none. */
export function indicatorOf(name: string): Indicator | undefined {
  return indicators.find((one) => one.name === name) ?? (percentileOf(name) ? percentileRow(name) : undefined)
}

/** Which indicators there are, for messages: those of the table by name, percentiles as a pattern. */
export const indicatorNames = () =>
  [...indicators.filter(({ percent }) => percent === undefined).map(({ name }) => name), percentileNames].join(', ')

/** An indicator as people say it; one that this version does not know by its name. */
export const indicatorTitle = (name: string) => indicatorOf(name)?.title ?? name
