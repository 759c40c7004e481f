/** 24 hours in nanoseconds, the longest timeout there is. Larger values count as this one. */
export const highestNs = 86_400e9
/** Buckets of an HdrHistogram from 1 to `highestNs` with 3 significant digits: 2048 single ones, then 1024 for each power of two. */
export const bucketCount = 38 * 1024

/** Where HdrHistogram (3 significant digits, lowest value 1) counts a whole number of nanoseconds. */
export function bucketIndex(ns: number): number {
  if (ns < 2048) return ns > 0 ? ns | 0 : 0
  if (ns < 0x8000_0000) {
    const exponent = 21 - Math.clz32(ns)
    return (exponent << 10) + (ns >>> exponent)
  }
  if (!(ns < highestNs)) return bucketIndex(highestNs - 1)
  // Bit operations end at 32 bits; the 20 dropped here are below the resolution of so large a value.
  const high = Math.floor(ns / 0x10_0000)
  const exponent = 21 - Math.clz32(high)
  return ((exponent + 20) << 10) + (high >>> exponent)
}

/** Counts nanosecond values in HdrHistogram's buckets without allocating; the counts may live in shared memory. */
export class Recorder<Counts extends Uint32Array | Float64Array = Uint32Array | Float64Array> {
  readonly counts: Counts

  constructor(counts: Counts) {
    this.counts = counts
  }

  record(ns: number): void {
    const index = bucketIndex(ns)
    this.counts[index] = (this.counts[index] as number) + 1
  }

  /** Adds the counts of another recorder, such as that of another thread. */
  add(counts: Uint32Array | Float64Array): void {
    for (let i = 0; i < bucketCount; i++) {
      const count = counts[i] as number
      if (count !== 0) this.counts[i] = (this.counts[i] as number) + count
    }
  }
}

/** Counts in doubles: sums of many threads and pods may pass 2³². */
export const emptyRecorder = () => new Recorder(new Float64Array(bucketCount))

/** The highest value of a bucket in nanoseconds, which is what HdrHistogram returns for a percentile in it. */
export function bucketTopNs(index: number): number {
  const exponent = Math.max(0, (index >> 10) - 1)
  return (index - exponent * 1024 + 1) * 2 ** exponent - 1
}
