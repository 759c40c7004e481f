import type { Pooled } from './reading.ts'
import { mean, pooled } from './reading.ts'

/**
 * A process on the way of a request, as the kernel saw it. Means over the same requests, in microseconds; null where it has no
 * such end: the client serves nobody, and the last calls nobody.
 */
export interface Hop {
  /** "client", "client proxy", "server proxy", "app". */
  name: string
  requests: number
  /** Reads of a request, or of a reply: where there are several, what lay unread is known of each of them only. */
  readsPerRequest: number
  /** From the first read of the request to the first write of the reply. */
  servedUs: number | null
  /** From the first write of the request to the first read of the reply, at the socket that leads on. */
  calledUs: number | null
  /** The request lay in the socket, unread; and the part of it that the process waited for a CPU. */
  requestQueuedUs: number | null
  requestQueuedForCpuUs: number | null
  /** The same of the reply that comes back. */
  replyQueuedUs: number | null
  replyQueuedForCpuUs: number | null
}

/** A share of the mean request, in microseconds. */
export type Part =
  | { kind: 'queueing'; at: string; us: number; forCpuUs: number }
  | { kind: 'time'; at: string; us: number }
  | { kind: 'network'; from: string; to: string; us: number }

export type Split =
  | {
      /** In the order of the way. None is negative. */
      parts: readonly Part[]
      /** What is left of the service time; negative where the parts are more than it. */
      unattributedUs: number
      /** At most 5 % are unattributed. */
      addsUp: boolean
    }
  | { parts: null; reason: string }

interface KindSeries extends Pooled {
  kind: string
}

/** What hops may differ by in how many requests they saw, and the parts from the whole. */
const tolerance = 0.05
/** A few are read in two parts on any connection. */
const mostReads = 1.2
/** A part of about 0 comes out below it where the probes were not read at the same moment; more than this means that they did not see the same requests. */
const mostNegative = 0.2

/** Makes a hop of what one container did in the readings of `requests` and `arrival`. */
export function hopOf(name: string, requests: readonly KindSeries[], arrival: readonly KindSeries[]): Hop {
  const of = (series: readonly KindSeries[], kind: string) => pooled(series.filter((one) => one.kind === kind))
  const [served, called] = [of(requests, 'server'), of(requests, 'client')]
  return {
    name,
    requests: served.count || called.count,
    readsPerRequest: Math.max(readsOf(of(arrival, 'server'), served), readsOf(of(arrival, 'client'), called)),
    servedUs: mean(served),
    calledUs: mean(called),
    requestQueuedUs: mean(of(arrival, 'server')),
    requestQueuedForCpuUs: mean(of(arrival, 'server-cpu')),
    replyQueuedUs: mean(of(arrival, 'client')),
    replyQueuedForCpuUs: mean(of(arrival, 'client-cpu')),
  }
}

const readsOf = (reads: Pooled, requests: Pooled) => (requests.count === 0 ? 0 : reads.count / requests.count)

/**
 * Splits the mean service time of requests that pass through `hops`, the client first, into queueing before each process, time in
 * each and the network between them. Percentiles do not add up; means do: what a hop waited for the next one is that one's
 * queueing and time, its own queueing for the reply, and the network for the rest.
 */
export function splitServiceTime(serviceTimeUs: number, hops: readonly Hop[]): Split {
  const obstacle = obstacleOf(hops)
  if (obstacle !== null) return { parts: null, reason: obstacle }
  const parts = hops.flatMap((hop, i) => {
    const next = hops[i + 1]
    const queueing: Part = {
      ...{ kind: 'queueing', at: hop.name },
      us: (hop.requestQueuedUs ?? 0) + (hop.replyQueuedUs ?? 0),
      forCpuUs: (hop.requestQueuedForCpuUs ?? 0) + (hop.replyQueuedForCpuUs ?? 0),
    }
    const inside = hop.servedUs === null ? [] : [time(hop.name, hop.servedUs - (next ? (hop.calledUs ?? 0) : 0))]
    return [queueing, ...inside, ...(next ? [network(hop, next)] : [])]
  })
  const wrong = parts.find(({ us }) => us < -mostNegative * serviceTimeUs)
  if (wrong)
    return {
      parts: null,
      reason: `${nameOf(wrong)} comes out at ${wrong.us.toFixed(1)} µs: the hops did not see the same requests`,
    }
  const shown = parts.map((part) => ({ ...part, us: Math.max(0, part.us) }))
  const unattributedUs = serviceTimeUs - shown.reduce((sum, { us }) => sum + us, 0)
  return { parts: shown, unattributedUs, addsUp: Math.abs(unattributedUs) <= tolerance * serviceTimeUs }
}

function time(at: string, us: number): Part {
  return { kind: 'time', at, us }
}

function network(from: Hop, to: Hop): Part {
  const there = (to.requestQueuedUs ?? 0) + (to.servedUs ?? 0)
  const us = (from.calledUs ?? 0) - there - (from.replyQueuedUs ?? 0)
  return { kind: 'network', from: from.name, to: to.name, us }
}

/** Why there is no split; null where there is one. */
function obstacleOf(hops: readonly Hop[]): string | null {
  const [client] = hops
  if (!client || hops.length < 2) return 'a way has a client and at least one server'
  for (const [i, hop] of hops.entries()) {
    const missing = [
      ...(i > 0 && hop.servedUs === null ? ['requests it served'] : []),
      ...(i > 0 && hop.requestQueuedUs === null ? ['requests that arrived'] : []),
      ...(i < hops.length - 1 && hop.calledUs === null ? ['requests it sent on'] : []),
      ...(i < hops.length - 1 && hop.replyQueuedUs === null ? ['replies that arrived'] : []),
    ]
    if (hop.readsPerRequest > mostReads)
      return `${hop.name} reads a request, or its reply, in ${hop.readsPerRequest.toFixed(1)} parts: only of one it is known how long it lay unread`
    if (missing.length > 0) return `nothing is known of ${hop.name}: ${missing.join(', ')}`
    if (Math.abs(hop.requests - client.requests) > tolerance * client.requests)
      return `${hop.name} saw ${hop.requests} requests where ${client.name} sent ${client.requests}`
  }
  return null
}

function nameOf(part: Part): string {
  return part.kind === 'network' ? `the network from ${part.from} to ${part.to}` : `${part.kind} at ${part.at}`
}
