import type { TimelinePoint } from '../../reports/load-result.ts'
import { toDistribution } from '../load/result/histogram.ts'
import type { LoadProgress } from '../load/result/progress.ts'
import { bucketCount, bucketTopNs, Recorder } from '../load/result/recorder.ts'
import { at, errorKinds, type Part, type Tally } from '../load/result/tally.ts'

const blockLength = 128
const blockBytes = blockLength * Uint32Array.BYTES_PER_ELEMENT

/** The latencies of one thread, and what of them was read before. */
interface Watched {
  counts: Uint32Array
  seen: Uint32Array
  countsBytes: Buffer
  seenBytes: Buffer
}

/**
 * Reads, from the threads' tallies, what a phase of the load did since the last reading. It may share a core with the load,
 * so it looks only at the blocks of counts that changed; the comparison of the others is one native call.
 */
export class Meter {
  readonly #parts: readonly Part[]
  readonly #phase: LoadProgress['phase']
  readonly #watched: readonly Watched[]
  readonly #interval = new Uint32Array(bucketCount)
  readonly #histograms: boolean
  #requests = 0
  #replies = 0
  #errors = 0
  #elapsedMs = 0

  /** With `histograms`, every interval's latencies are kept in full. */
  constructor(phase: LoadProgress['phase'], tallies: readonly Tally[], histograms = false) {
    this.#phase = phase
    this.#histograms = histograms
    this.#parts = tallies.map(({ measured, warmUp }) => (phase === 'measured' ? measured : warmUp))
    this.#watched = this.#parts.map(({ latency: { counts } }) => {
      const seen = new Uint32Array(bucketCount)
      return { counts, seen, countsBytes: bytesOf(counts), seenBytes: bytesOf(seen) }
    })
  }

  /** `elapsedMs` is the time since the phase began. */
  read(elapsedMs: number): { progress: LoadProgress; point: TimelinePoint } {
    const unanswered = this.#sum(at.unanswered)
    const { replies, p50Us, p99Us, histogram } = this.#newReplies()
    this.#replies += replies
    // The threads go on meanwhile: replies are those whose latencies were read, so that both are of the same ones.
    const requests = this.#replies + unanswered
    // Errors are told before their requests end: all of those that were read are among them.
    const errors = Math.min(
      requests,
      errorKinds.reduce((total, kind) => total + this.#sum(at[kind]), 0),
    )
    const rate = (replies * 1000) / Math.max(1, elapsedMs - this.#elapsedMs)
    const point = {
      atMs: elapsedMs,
      requests: requests - this.#requests,
      errors: errors - this.#errors,
      p50Us,
      p99Us,
      ...(histogram === undefined ? {} : { histogram }),
    }
    this.#requests = requests
    this.#errors = errors
    this.#elapsedMs = elapsedMs
    return { progress: { type: 'progress', phase: this.#phase, elapsedMs, requests, errors, rate, p99Us }, point }
  }

  #sum(counter: number): number {
    return this.#parts.reduce((total, { counters }) => total + (counters[counter] as number), 0)
  }

  #newReplies(): Pick<TimelinePoint, 'p50Us' | 'p99Us' | 'histogram'> & { replies: number } {
    const changed: number[] = []
    let replies = 0
    for (let block = 0; block < bucketCount; block += blockLength) {
      const before = replies
      for (const watched of this.#watched) if (hasChanged(watched, block)) replies += this.#take(watched, block)
      if (replies > before) changed.push(block)
    }
    const quantile = (share: number) => (replies === 0 ? null : this.#quantileUs(changed, Math.ceil(share * replies)))
    const histogram = this.#histograms ? toDistribution(new Recorder(this.#interval)).histogram : undefined
    const quantiles = { replies, p50Us: quantile(0.5), p99Us: quantile(0.99), histogram }
    for (const block of changed) this.#interval.fill(0, block, block + blockLength)
    return quantiles
  }

  /** Adds what is new in a block to the interval; returns how many values that is. */
  #take({ counts, seen }: Watched, block: number): number {
    let taken = 0
    for (let i = block; i < block + blockLength; i++) {
      const count = counts[i] as number
      const added = count - (seen[i] as number)
      if (added === 0) continue
      this.#interval[i] = (this.#interval[i] as number) + added
      seen[i] = count
      taken += added
    }
    return taken
  }

  #quantileUs(blocks: readonly number[], wanted: number): number {
    let passed = 0
    for (const block of blocks)
      for (let i = block; i < block + blockLength; i++) {
        passed += this.#interval[i] as number
        if (passed >= wanted) return bucketTopNs(i) / 1000
      }
    return 0
  }
}

const bytesOf = (array: Uint32Array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)

function hasChanged({ countsBytes, seenBytes }: Watched, block: number): boolean {
  const from = block * Uint32Array.BYTES_PER_ELEMENT
  return countsBytes.compare(seenBytes, from, from + blockBytes, from, from + blockBytes) !== 0
}
