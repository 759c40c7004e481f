import type { Owner, Unit } from '../../ebpf/probe.ts'
import { mean, type Pooled, percentile, pooled } from '../../ebpf/reading.ts'

/** Figures of one kind of events. Times are null, and there are no buckets, where events are only counted. */
export interface Figures {
  /** What the probe tells apart: "server", "NET_RX", "NETFILTER_DROP". */
  kind: string
  count: number
  /** Exact, as is the mean. */
  sumUs: number | null
  meanUs: number | null
  /** Off by the width of a bucket at most: a factor of √2. */
  p50Us: number | null
  p90Us: number | null
  p99Us: number | null
  /** Ascending, empty ones left out. */
  buckets: readonly { minUs: number; maxUs: number; count: number }[]
}

/** What one container of a pod did; `container` is null where only the pod is known, or pods are processes. */
export interface PodSeries extends Owner, Figures {}

/** What one process did, or, where no process is known, one network namespace; all three are null of events that belong to nobody. */
export interface ProcessSeries extends Figures {
  pid: number | null
  /** Null where it had ended before it was looked at. */
  command: string | null
  /** The inode of the network namespace. */
  netns: number | null
}

/** The figures of a distribution. */
export function figuresOf(unit: Unit, kind: string, of: Pooled): Figures {
  const timed = unit === 'us'
  return {
    ...{ kind, count: of.count },
    sumUs: timed ? of.sum : null,
    meanUs: timed ? mean(of) : null,
    ...{ p50Us: percentile(of, 50), p90Us: percentile(of, 90), p99Us: percentile(of, 99) },
    buckets: of.buckets.map(({ min, max, count }) => ({ minUs: min, maxUs: max, count })),
  }
}

/** The figures of several sources' events together. */
export function together(unit: Unit, kind: string, parts: readonly Figures[]): Figures {
  const all = parts.map(({ count, sumUs, buckets }) => ({
    ...{ count, sum: sumUs },
    buckets: buckets.map(({ minUs, maxUs, count }) => ({ min: minUs, max: maxUs, count })),
  }))
  return figuresOf(unit, kind, pooled(all))
}
