import { z } from 'zod'
import { count, measured } from './values.ts'

/** The stations of a request: the load, the proxies before and behind the wire, and the workload. */
export const stations = ['client', 'client proxy', 'server proxy', 'app'] as const
export type Station = (typeof stations)[number]

/** From the first up to the second, in the reading's unit, and how many. Ascending, empty ones left out. */
const bucketSchema = z.tuple([z.number(), z.number(), count])
export type Bucket = Readonly<z.infer<typeof bucketSchema>>

/** What one container did of one kind. */
export const kernelSeriesSchema = z.strictObject({
  pod: z.string(),
  /** Null where the pod is a process, or only the pod is known. */
  container: z.string().nullable(),
  at: z.enum(stations),
  /** What the probe tells apart: "server", "NETFILTER_DROP". */
  kind: z.string(),
  count,
  /** Of all values, in the reading's unit: the mean is exact. Null where events are only counted. */
  sum: measured,
  buckets: z.array(bucketSchema),
})
export type KernelSeries = z.infer<typeof kernelSeriesSchema>

/** What a probe saw of an arm in the measured part of a trial. */
export const kernelReadingSchema = z.strictObject({
  probe: z.string(),
  unit: z.enum(['us', 'events']),
  /** Null where there is no reading; `reason` says why. */
  series: z.array(kernelSeriesSchema).nullable(),
  reason: z.string().nullable(),
  /** Events that no pod and nothing else of the machine can be found for, as a share of these and the arms' own. */
  unattributedShare: measured,
  /** Events that the kernel skipped, messages that were lost and writes that failed, of the whole machine. */
  missedEvents: measured,
  lostEvents: count,
  failedUpdates: count,
})
export type KernelReading = z.infer<typeof kernelReadingSchema>

/** A share of the mean request, in microseconds: before a program reads it, in a program, or between two. */
export const splitPartSchema = z.strictObject({
  kind: z.enum(['queueing', 'time', 'network']),
  at: z.enum(stations),
  /** Of the network: the other end. */
  to: z.enum(stations).optional(),
  us: z.number(),
  /** Of queueing: so much of it the program waited for a CPU. */
  forCpuUs: z.number().optional(),
})
export type SplitPart = z.infer<typeof splitPartSchema>

/** Where the time of the requests of some units went. */
export const timeSplitSchema = z.strictObject({
  /** Their numbers; empty of a trial without units. */
  units: z.array(count),
  /** Mean service time, as the load agent measured it. */
  serviceTimeUs: measured,
  /** In the order of the way; null where it cannot be told, and `reason` says why. */
  parts: z.array(splitPartSchema).nullable(),
  reason: z.string().nullable(),
  /** What is left of the service time. */
  unattributedUs: measured,
})
export type TimeSplit = z.infer<typeof timeSplitSchema>

/** What the kernel saw of an arm in a trial. */
export const kernelSchema = z.strictObject({
  readings: z.array(kernelReadingSchema),
  /** Of an experiment of units: the indicators of each, by name, in their units. */
  units: z.array(z.strictObject({ index: count, values: z.record(z.string(), z.number()) })).optional(),
  /** Requests from the start of the load to its end, at the load's sockets and as the agent counted them. */
  requests: z.strictObject({ kernel: count, agent: count }).optional(),
  /** Of all requests, and of those in the slowest 2 % of the units by p99 (at least 3), where there are units. */
  split: z.strictObject({ all: timeSplitSchema, slowest: timeSplitSchema.optional() }).optional(),
})
export type Kernel = z.infer<typeof kernelSchema>

/** What the probes of an experiment cost, all arms together. */
export const probeCostSchema = z.strictObject({
  probe: z.string(),
  seconds: z.number(),
  /** CPU time inside its programs (`kernel.bpf_stats_enabled`). */
  programMs: measured,
  /** CPU time of bpftrace, which prints what was counted. */
  bpftraceMs: measured,
})
export type ProbeCost = z.infer<typeof probeCostSchema>

/** The probes of an experiment. */
export const probesSchema = z.strictObject({
  names: z.array(z.string()),
  /** Those that cannot run here: why, and what to do about it. */
  unavailable: z.array(z.strictObject({ probe: z.string(), reason: z.string(), remedy: z.string() })),
  /** They ran in privileged pods on these nodes; absent: on the machine that made the record. */
  nodes: z.array(z.string()).optional(),
  cost: z.array(probeCostSchema),
})
export type Probes = z.infer<typeof probesSchema>

/** A figure of what the kernel saw of an arm: of some kinds of a probe's series, at some stations. */
export interface KernelFigure {
  probe: string
  kinds: readonly string[]
  at: readonly Station[]
  /** Of the values; absent: their number for each request. */
  percent?: number
}

/** What a figure is in these series, in its own unit; null where there is nothing that it could be of. */
export function kernelValue(
  { kinds, at, percent }: KernelFigure,
  series: readonly KernelSeries[],
  requests: number,
): number | null {
  const of = series.filter((one) => kinds.includes(one.kind) && at.includes(one.at))
  if (percent === undefined) {
    const events = of.reduce((sum, one) => sum + one.count, 0)
    return requests === 0 || of.length === 0 ? null : events / requests
  }
  return percentileOfBuckets(
    of.flatMap(({ buckets }) => buckets),
    percent,
  )
}

/** On a straight line through its bucket: off by the width of one at most. Null of none. */
export function percentileOfBuckets(buckets: readonly Bucket[], percent: number): number | null {
  const ordered = mergedBuckets(buckets)
  const rank = (percent / 100) * ordered.reduce((sum, [, , n]) => sum + n, 0)
  let below = 0
  for (const [min, max, n] of ordered) {
    if (n > 0 && below + n >= rank) return min + ((rank - below) / n) * (max - min)
    below += n
  }
  return null
}

/** Buckets that begin at the same value become one; ascending. */
export function mergedBuckets(buckets: readonly Bucket[]): [number, number, number][] {
  const merged = new Map<number, [number, number, number]>()
  for (const [min, max, n] of buckets) merged.set(min, [min, max, n + (merged.get(min)?.[2] ?? 0)])
  return [...merged.values()].toSorted(([a], [b]) => a - b)
}
