import { failuresIn } from '../../../reports/failures.ts'
import type { AgentShare, Generator, LoadResult, TimelinePoint, Unit } from '../../../reports/load-result.ts'
import { HarnessError } from '../../errors.ts'
import { mergeDistributions } from './histogram.ts'
import { mergeStreams } from './merge-streams.ts'
import { tooManyErrors } from './validity.ts'

/**
 * The results of agents that made one load together, as one: counts are added, distributions merged bucket by bucket, and
 * rates taken over the longest of them. Throws HarnessError LOAD_FAILED when what was merged is not the sum of its parts.
 */
export function mergeResults(results: readonly LoadResult[]): LoadResult {
  const sum = (of: (result: LoadResult) => number) => results.reduce((total, result) => total + of(result), 0)
  const known = (of: (result: LoadResult) => number | null) =>
    results.some((result) => of(result) === null) ? null : sum((result) => of(result) as number)
  const requests = sum((result) => result.requests)
  const durationMs = Math.max(...results.map((result) => result.durationMs))
  const cpuUs = known(({ cpuUsPerRequest, requests }) => (cpuUsPerRequest === null ? null : cpuUsPerRequest * requests))
  const merged = (of: 'latency' | 'serviceTime' | 'connectionWait' | 'sendLag' | 'firstMessage') => {
    const parts = results.flatMap((result) => result[of] ?? [])
    const distribution = mergeDistributions(parts)
    const wanted = parts.reduce((total, { count }) => total + count, 0)
    if (distribution.count === wanted) return distribution
    throw new HarnessError('LOAD_FAILED', `${of}: ${distribution.count} values after the merge, ${wanted} before it`)
  }
  const errors = sumOf(results.map((result) => result.errors))
  const own = results.flatMap(({ validity }, i) =>
    validity.reasons.map(({ code, text }) => ({ code, text: `agent ${i + 1} of ${results.length}: ${text}` })),
  )
  // Errors are a share of all requests.
  const reasons = [...own.filter(({ code }) => code !== 'errors_above_limit'), ...tooManyErrors({ requests, errors })]
  return {
    targetRate: results[0]?.targetRate ?? null,
    achievedRate: sum((result) => result.achievedRate * result.durationMs) / durationMs,
    requests,
    warmUpRequests: sum((result) => result.warmUpRequests),
    errors,
    ...mergedConnections(results),
    latency: merged('latency'),
    serviceTime: merged('serviceTime'),
    connectionWait: merged('connectionWait'),
    sendLag: merged('sendLag'),
    cpuUsPerRequest: cpuUs === null || requests === 0 ? null : cpuUs / requests,
    busyShare: results.some(({ busyShare }) => busyShare === null)
      ? null
      : Math.max(...results.map(({ busyShare }) => busyShare ?? 0)),
    ...mergedGenerators(results),
    bytesReceived: known((result) => result.bytesReceived),
    ...(results.some(({ firstMessage }) => firstMessage)
      ? { firstMessage: merged('firstMessage'), messages: sum(({ messages }) => messages ?? 0) }
      : {}),
    ...mergeStreams(results),
    ...(results.some(({ connections }) => connections === undefined)
      ? {}
      : { connections: sum(({ connections }) => connections ?? 0) }),
    ...(results.some(({ handshakes }) => handshakes)
      ? {
          handshakes: {
            full: sum(({ handshakes }) => handshakes?.full ?? 0),
            resumed: sum(({ handshakes }) => handshakes?.resumed ?? 0),
          },
        }
      : {}),
    durationMs,
    timeline: mergeTimelines(results.map(({ timeline }) => timeline)),
    ...(results[0]?.pause ? { pause: results[0].pause } : {}),
    ...firstStopped(results),
    agents: results.map(shareOf),
    validity: { valid: reasons.length === 0, reasons },
  }
}

/** Takes the units of several agents' parts of one load, and hands each one on when all have theirs, merged bucket by bucket. */
export function mergeUnits(agents: number, take: (unit: Unit) => void): (agent: number, unit: Unit) => void {
  if (agents === 1) return (_, unit) => take(unit)
  const waiting = new Map<number, Unit[]>()
  return (_, unit) => {
    const parts = [...(waiting.get(unit.index) ?? []), unit]
    waiting.set(unit.index, parts)
    if (parts.length < agents) return
    waiting.delete(unit.index)
    take(mergedUnit(unit.index, parts))
  }
}

function mergedUnit(index: number, parts: readonly Unit[]): Unit {
  const payloads = (of: 'latency' | 'serviceTime' | 'firstMessage') =>
    parts.flatMap((part) => (part[of] ? [{ histogram: part[of] }] : []))
  const merged = (of: 'latency' | 'serviceTime' | 'firstMessage') => {
    const all = payloads(of)
    return all.length === 0 ? '' : mergeDistributions(all).histogram
  }
  const firstMessage = merged('firstMessage')
  // Percentiles of parts do not add up: the worst agent's send lag stands for all.
  const most = (of: 'sendLagP50Us' | 'sendLagP99Us') => {
    const values = parts.map((part) => part[of]).filter((value) => value !== null)
    return values.length === 0 ? null : Math.max(...values)
  }
  return {
    index,
    requests: parts.reduce((sum, { requests }) => sum + requests, 0),
    errors: sumOf(parts.map(({ errors }) => errors)),
    latency: merged('latency'),
    serviceTime: merged('serviceTime'),
    ...(firstMessage === '' ? {} : { firstMessage }),
    ...{ sendLagP50Us: most('sendLagP50Us'), sendLagP99Us: most('sendLagP99Us') },
  }
}

/** Counts by kind, added up. */
function sumOf(counts: readonly Record<string, number>[]): Record<string, number> {
  const kinds = new Set(counts.flatMap((one) => Object.keys(one)))
  return Object.fromEntries([...kinds].map((kind) => [kind, counts.reduce((sum, one) => sum + (one[kind] ?? 0), 0)]))
}

/** What is known of failures and connections beyond the counts of errors: of words, the first agent's. */
function mergedConnections(
  results: readonly LoadResult[],
): Pick<LoadResult, 'errorWords' | 'keptConnections' | 'failedConnections' | 'surplus'> {
  const words = results.map(({ errorWords }) => errorWords ?? {})
  const kept = results.flatMap(({ keptConnections }) => keptConnections ?? [])
  const failed = results.map(({ failedConnections }) => failedConnections ?? {})
  const surplus = results.flatMap(({ surplus }) => surplus ?? [])
  return {
    ...unlessEmpty('errorWords', Object.assign({}, ...words.toReversed())),
    ...(kept.length > 0 ? { keptConnections: sumOf(kept) as NonNullable<LoadResult['keptConnections']> } : {}),
    ...unlessEmpty('failedConnections', sumOf(failed)),
    ...(surplus.length > 0 ? { surplus: sumOf(surplus) as NonNullable<LoadResult['surplus']> } : {}),
  }
}

const unlessEmpty = <Name extends string, Kinds extends object>(name: Name, kinds: Kinds) =>
  (Object.keys(kinds).length === 0 ? {} : { [name]: kinds }) as { [name in Name]?: Kinds }

/** The first agent that ended early, and why; each judges what it sees itself. */
function firstStopped(results: readonly LoadResult[]): Pick<LoadResult, 'stopped'> {
  const all = results.flatMap(({ stopped }, i) =>
    stopped ? { ...stopped, why: `agent ${i + 1} of ${results.length}: ${stopped.why}`, highestRate: null } : [],
  )
  const [first] = all.toSorted((a, b) => a.atMs - b.atMs)
  return first ? { stopped: first } : {}
}

function mergedGenerators(results: readonly LoadResult[]): Pick<LoadResult, 'generator'> {
  const all = results.flatMap(({ generator }) => generator ?? [])
  if (all.length < results.length) return {}
  const sum = (of: (one: Generator) => number) => all.reduce((total, one) => total + of(one), 0)
  const most = (of: (one: Generator) => number | null) =>
    all.reduce<number | null>((top, one) => {
      const value = of(one)
      return top === null || value === null ? null : Math.max(top, value)
    }, 0)
  return {
    generator: {
      gcPauses: sum(({ gcPauses }) => gcPauses),
      gcPauseMsTotal: sum(({ gcPauseMsTotal }) => gcPauseMsTotal),
      gcPauseMsMax: Math.max(...all.map(({ gcPauseMsMax }) => gcPauseMsMax)),
      eventLoopLagMsP99: most(({ eventLoopLagMsP99 }) => eventLoopLagMsP99),
      eventLoopLagMsMax: most(({ eventLoopLagMsMax }) => eventLoopLagMsMax),
      throttledMs: most(({ throttledMs = null }) => throttledMs),
    },
  }
}

/** Second by second; the last interval of each, which is shorter, counts as its last second. */
function mergeTimelines(timelines: readonly TimelinePoint[][]): TimelinePoint[] {
  const length = Math.max(...timelines.map((timeline) => timeline.length))
  return Array.from({ length }, (_, i) => {
    const points = timelines.flatMap((timeline) => timeline[i] ?? [])
    const sum = (of: (point: TimelinePoint) => number) => points.reduce((total, point) => total + of(point), 0)
    return {
      atMs: Math.max(...points.map(({ atMs }) => atMs)),
      requests: sum(({ requests }) => requests),
      errors: sum(({ errors }) => errors),
      ...mergedInterval(points),
    }
  })
}

/** Percentiles of parts do not add up to one of the whole: they are known where every part has its histogram. */
function mergedInterval(points: readonly TimelinePoint[]): Pick<TimelinePoint, 'p50Us' | 'p99Us' | 'histogram'> {
  const histograms = points.flatMap(({ histogram }) => histogram ?? [])
  if (histograms.length < points.length) return { p50Us: null, p99Us: null }
  const { p50Us, p99Us, histogram } = mergeDistributions(histograms.map((histogram) => ({ histogram })))
  return { p50Us, p99Us, histogram }
}

const shareOf = (result: LoadResult): AgentShare => ({
  requests: result.requests,
  warmUpRequests: result.warmUpRequests,
  errors: failuresIn(result.errors),
  achievedRate: result.achievedRate,
  cpuUsPerRequest: result.cpuUsPerRequest,
  busyShare: result.busyShare,
  sendLagP99Us: result.sendLag.p99Us,
})
