import { hopOf, type Part, splitServiceTime } from '../../ebpf/split.ts'
import type { KernelSeries, SplitPart, Station, TimeSplit } from '../../reports/kernel.ts'
import { stations } from '../../reports/kernel.ts'
import { whole } from '../../reports/numbers.ts'
import type { ProbeSeries } from './arm-readings.ts'

/** Requests from before a load's beginning to after its end, where all are counted on both sides. */
export interface Counted {
  kernel: number
  agent: number
}

/** What the load agent measured of some requests. */
export interface Served {
  units: readonly number[]
  /** Mean; null where none was answered. */
  serviceTimeUs: number | null
}

/** So much may the kernel's count of requests differ from the agent's: they begin and end counting at other moments. */
const tolerance = 0.05

/** Where the time of some requests went, `all` of them or those of a few units; null where not both probes were asked for that it takes. */
export function timeSplit(served: Served, readings: readonly ProbeSeries[], counted: Counted): TimeSplit | null {
  const of = (probe: string) => readings.find((one) => one.probe === probe)
  const [requests, arrival] = [of('requests'), of('arrival')]
  if (!requests || !arrival) return null
  const { units, serviceTimeUs } = served
  const none = (reason: string): TimeSplit => ({
    ...{ units: [...units], serviceTimeUs, parts: null, reason, unattributedUs: null },
  })
  const absent = [requests, arrival].find(({ reason }) => reason !== null)
  if (absent) return none(`${absent.probe}: ${absent.reason}`)
  if (serviceTimeUs === null) return none('no request was answered')
  const { kernel, agent } = counted
  if (Math.abs(kernel - agent) > tolerance * agent)
    return none(
      `the kernel saw ${whole(kernel)} requests at the client’s sockets where the load agent counts ${whole(agent)}: several at once on one connection are one`,
    )
  const hops = stations
    .filter((at) => !at.endsWith('proxy') || (requests.series ?? []).some((one) => one.at === at))
    .map((at) => hopOf(at, seriesAt(at, requests), seriesAt(at, arrival)))
  const split = splitServiceTime(serviceTimeUs, hops)
  if (split.parts === null) return none(split.reason)
  const parts = split.parts.map(recorded)
  return { units: [...units], serviceTimeUs, parts, reason: null, unattributedUs: split.unattributedUs }
}

/** How many events of a kind a probe saw at a station. */
export function countedAt(at: Station, kind: string, reading: ProbeSeries): number {
  return seriesAt(at, reading)
    .filter((one) => one.kind === kind)
    .reduce((sum, { count }) => sum + count, 0)
}

const seriesAt = (at: Station, { series }: ProbeSeries) => (series ?? []).filter((one) => one.at === at).map(pooledOf)

function pooledOf({ kind, count, sum, buckets }: KernelSeries) {
  return { kind, count, sum, buckets: buckets.map(([min, max, count]) => ({ min, max, count })) }
}

function recorded(part: Part): SplitPart {
  const { kind, us } = part
  if (part.kind === 'network') return { kind, at: part.from as Station, to: part.to as Station, us }
  const at = part.at as Station
  return part.kind === 'queueing' ? { kind, at, us, forCpuUs: part.forCpuUs } : { kind, at, us }
}
