import type { TimelinePoint } from '../../reports/record.ts'
import { bucketCount, quantileUs, type Recorder } from './histogram.ts'
import type { LoadProgress } from './messages.ts'
import { at, errorKinds, type Tally } from './tally.ts'

/** Reads, from the threads' tallies, what a phase of the load did since the last reading. */
export class Meter {
  readonly #tallies: readonly Tally[]
  readonly #phase: LoadProgress['phase']
  #counts = new Float64Array(bucketCount)
  #requests = 0
  #errors = 0
  #elapsedMs = 0

  constructor(phase: LoadProgress['phase'], tallies: readonly Tally[]) {
    this.#phase = phase
    this.#tallies = tallies
  }

  /** `elapsedMs` is the time since the phase began. */
  read(elapsedMs: number): { progress: LoadProgress; point: TimelinePoint } {
    const measured = this.#phase === 'measured'
    const requests = this.#sum(measured ? at.requests : at.warmUpEnded)
    const errors = measured
      ? errorKinds.reduce((total, kind) => total + this.#sum(at[kind]), 0)
      : this.#sum(at.warmUpErrors)
    const { interval, replies } = this.#newReplies((tally) => (measured ? tally.latency : tally.warmUpLatency))
    const p99Us = quantileUs(interval, 0.99)
    const rate = replies / Math.max(1e-3, (elapsedMs - this.#elapsedMs) / 1000)
    const point = {
      atMs: elapsedMs,
      requests: requests - this.#requests,
      errors: errors - this.#errors,
      p50Us: quantileUs(interval, 0.5),
      p99Us,
    }
    this.#requests = requests
    this.#errors = errors
    this.#elapsedMs = elapsedMs
    return { progress: { type: 'progress', phase: this.#phase, elapsedMs, requests, errors, rate, p99Us }, point }
  }

  #sum(counter: number): number {
    return this.#tallies.reduce((total, { counters }) => total + (counters[counter] as number), 0)
  }

  #newReplies(of: (tally: Tally) => Recorder): { interval: Float64Array; replies: number } {
    const all = new Float64Array(bucketCount)
    const interval = new Float64Array(bucketCount)
    let replies = 0
    for (const tally of this.#tallies) {
      const { counts } = of(tally)
      for (let i = 0; i < bucketCount; i++) all[i] = (all[i] as number) + (counts[i] as number)
    }
    for (let i = 0; i < bucketCount; i++) {
      const added = (all[i] as number) - (this.#counts[i] as number)
      interval[i] = added
      replies += added
    }
    this.#counts = all
    return { interval, replies }
  }
}
