import { EbpfError } from './errors.ts'
import type { Attribution, Bucket, Measured, Owner, Series } from './probe.ts'

/** A distribution without its source. */
export interface Pooled {
  count: number
  sum: number | null
  buckets: readonly Bucket[]
}

export interface OwnedSeries extends Pooled {
  owner: Owner
  kind: string
}

export interface AttributedReading {
  series: readonly OwnedSeries[]
  /** Events of sources that nobody owns, and their share of all that have a source; null where no event has one (soft interrupts). */
  unattributed: { events: number; share: number | null }
}

/** Several as one. The sum is null where one of them has none. */
export function pooled(parts: readonly Pooled[]): Pooled {
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
  const sums = parts.flatMap(({ sum }) => (sum === null ? [] : [sum]))
  return {
    count: total(parts.map(({ count }) => count)),
    sum: sums.length === parts.length && parts.length > 0 ? total(sums) : null,
    buckets: mergedBuckets(parts.flatMap(({ buckets }) => buckets)),
  }
}

/** Buckets of the same ends become one; ascending. */
export function mergedBuckets(buckets: readonly Bucket[]): Bucket[] {
  const merged = new Map<number, Bucket>()
  for (const { min, max, count } of buckets) merged.set(min, { min, max, count: count + (merged.get(min)?.count ?? 0) })
  return [...merged.values()].toSorted((a, b) => a.min - b.min)
}

/** The exact mean of all values; null where there is none, or events are only counted. */
export function mean({ sum, buckets }: Pooled): number | null {
  const values = valuesIn(buckets)
  return sum === null || values === 0 ? null : sum / values
}

/**
 * A percentile from 0 to 100, on a straight line through its bucket; null where there are no values. It is off by the width of
 * a bucket at most: a factor of √2 between 0.1 µs and 3 minutes.
 */
export function percentile({ buckets }: Pooled, percent: number): number | null {
  const rank = (percent / 100) * valuesIn(buckets)
  let below = 0
  for (const { min, max, count } of buckets) {
    if (count > 0 && below + count >= rank) return min + ((rank - below) / count) * (max - min)
    below += count
  }
  return null
}

/** What each container did, of each kind, and what nobody owns. */
export function byOwner({ series }: Measured, attribution: Attribution): AttributedReading {
  const owned = new Map<string, { owner: Owner; kind: string; parts: Series[] }>()
  let [withSource, nobodys] = [0, 0]
  for (const one of series) {
    const { source, kind, count } = one
    if (source.pid === undefined && source.netns === undefined) continue
    withSource += count
    const owner = attribution.ownerOf(source)
    if (!owner) {
      nobodys += count
      continue
    }
    const key = JSON.stringify([owner.namespace, owner.pod, owner.uid, owner.container, kind])
    const entry = owned.get(key) ?? { owner, kind, parts: [] }
    entry.parts.push(one)
    owned.set(key, entry)
  }
  return {
    series: [...owned.values()].map(({ owner, kind, parts }) => ({ owner, kind, ...pooled(parts) })),
    unattributed: { events: nobodys, share: withSource === 0 ? null : nobodys / withSource },
  }
}

/**
 * What happened between two readings of one attachment; series in which nothing happened are left out.
 *
 * @throws EbpfError EBPF_READING_INVALID where `later` is not a later reading of the same attachment.
 */
export function between(earlier: Measured, later: Measured): Measured {
  const before = new Map(earlier.series.map((one) => [nameOf(one), one]))
  const grown = later.series.map((one) => grownBy(one, before.get(nameOf(one))))
  const wrong = later.probe !== earlier.probe || later.seconds < earlier.seconds || grown.some(({ count }) => count < 0)
  if (wrong)
    throw new EbpfError(
      'EBPF_READING_INVALID',
      `not two readings of one attachment: ${earlier.probe} after ${earlier.seconds} s, ${later.probe} after ${later.seconds} s`,
    )
  const difference = (one: number | null, other: number | null) => (one === null || other === null ? null : one - other)
  return {
    ...{ probe: later.probe, unit: later.unit, seconds: later.seconds - earlier.seconds },
    series: grown.filter(({ count }) => count > 0),
    missedEvents: difference(later.missedEvents, earlier.missedEvents),
    lostEvents: later.lostEvents - earlier.lostEvents,
    failedUpdates: later.failedUpdates - earlier.failedUpdates,
    bpftraceMs: difference(later.bpftraceMs, earlier.bpftraceMs),
    cost:
      earlier.cost && later.cost
        ? { runTimeMs: later.cost.runTimeMs - earlier.cost.runTimeMs, runs: later.cost.runs - earlier.cost.runs }
        : null,
  }
}

function grownBy(later: Series, earlier: Series | undefined): Series {
  if (!earlier) return later
  const before = new Map(earlier.buckets.map(({ min, count }) => [min, count]))
  const buckets = later.buckets.map((bucket) => ({ ...bucket, count: bucket.count - (before.get(bucket.min) ?? 0) }))
  return {
    ...{ source: later.source, kind: later.kind, count: later.count - earlier.count },
    sum: later.sum === null ? null : later.sum - (earlier.sum ?? 0),
    buckets: buckets.filter(({ count }) => count !== 0),
  }
}

function nameOf({ source: { pid, netns }, kind }: Series): string {
  return `${pid},${netns},${kind}`
}

function valuesIn(buckets: readonly Bucket[]): number {
  return buckets.reduce((sum, { count }) => sum + count, 0)
}
