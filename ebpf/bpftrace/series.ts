import type { Bucket, EventSource, Series } from '../probe.ts'
import { mergedBuckets } from '../reading.ts'
import type { PrintedBucket, ProgramOutput } from './output.ts'

interface Draft {
  source: EventSource
  kind: string
  count: number | null
  sumNs: number | null
  buckets: Bucket[]
}

/**
 * Reads the maps that all our programs keep; other names are scratch. Every key begins with process, network namespace, kind
 * (0: unknown).
 *
 * - `@spread[…, scale] = hist(x * x)` with x in tenths of a microsecond, shifted right by `scale` bits. bpftrace 0.17 puts all
 *   beyond 2^32 into one bucket, and has no finer histogram than log2: of squares, buckets are half as wide, a factor of √2.
 * - `@sum[…] = sum(ns)` of the same values.
 * - `@count[…] = count()` where events are only counted, or where some of them have no value.
 */
export function seriesOf({ histograms, numbers }: ProgramOutput, kindOf: (kind: number) => string): Series[] {
  const drafts = new Map<string, Draft>()
  const draftOf = (key: string): [Draft, number] => {
    const [pid = 0, netns = 0, code = 0, scale = 0] = key.split(',').map(Number)
    const kind = kindOf(code)
    const name = `${pid},${netns},${kind}`
    const source = { ...(pid !== 0 && { pid }), ...(netns !== 0 && { netns }) }
    const draft = drafts.get(name) ?? { source, kind, count: null, sumNs: null, buckets: [] }
    drafts.set(name, draft)
    return [draft, scale]
  }
  for (const [key, printed] of Object.entries(histograms['@spread'] ?? {})) {
    const [draft, scale] = draftOf(key)
    draft.buckets.push(...printed.filter(({ count }) => count > 0).map((bucket) => inMicroseconds(bucket, scale)))
  }
  for (const [key, ns] of Object.entries(numbers['@sum'] ?? {})) {
    const [draft] = draftOf(key)
    draft.sumNs = (draft.sumNs ?? 0) + ns
  }
  for (const [key, count] of Object.entries(numbers['@count'] ?? {})) {
    const [draft] = draftOf(key)
    draft.count = (draft.count ?? 0) + count
  }
  return [...drafts.values()].map(({ source, kind, count, sumNs, buckets }) => ({
    ...{ source, kind },
    count: count ?? buckets.reduce((total, bucket) => total + bucket.count, 0),
    sum: sumNs === null ? null : sumNs / 1000,
    buckets: mergedBuckets(buckets),
  }))
}

/** The whole numbers whose squares are in a bucket, from the first of it to the first of the next. */
function inMicroseconds({ min, max, count }: PrintedBucket, scale: number): Bucket {
  const microseconds = (square: number) => (Math.ceil(Math.sqrt(Math.max(square, 0))) * 2 ** scale) / 10
  return { min: microseconds(min), max: microseconds(max + 1), count }
}
