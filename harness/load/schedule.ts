import { seededRandom } from '../random.ts'

/** When arrivals are due, in nanoseconds since the load began. */
export interface Schedule {
  /** `[0]` is the intended start of the next arrival; Infinity after the last. Typed, so that reading it never allocates. */
  readonly next: Float64Array
  advance(): void
}

export interface ScheduleSpec {
  /** Arrivals a second of all threads together. */
  rate: number
  warmUpNs: number
  durationNs: number
  /** Which share of the arrivals: every `threads`-th, the measured ones from the `thread`-th on (from 0). */
  thread: number
  threads: number
}

/** How many arrivals a constant rate has in a duration: those at 0, 1/rate, 2/rate, … before its end. */
export const arrivalCount = (rate: number, durationNs: number) => Math.ceil((rate * durationNs) / 1e9 - 1e-9)

/**
 * Arrival i is due at the end of the warm-up + i / rate. The warm-up's have negative numbers, so that the measured part begins
 * without a change in what the code does, which would make V8 compile it anew at that moment.
 */
export function constantSchedule({ rate, warmUpNs, durationNs, thread, threads }: ScheduleSpec): Schedule {
  const end = arrivalCount(rate, durationNs)
  const before = Math.floor((rate * warmUpNs) / 1e9 + 1e-9)
  const dueAt = (i: number) => (i < end ? Math.max(0, warmUpNs + (i * 1e9) / rate) : Number.POSITIVE_INFINITY)
  let i = thread - threads * Math.floor((before + thread) / threads)
  const next = Float64Array.of(dueAt(i))
  return {
    next,
    advance() {
      i += threads
      next[0] = dueAt(i)
    },
  }
}

/** Independent arrivals: gaps of −ln(1 − U) / rate. The threads' schedules add up to one Poisson process of the full rate. */
export function poissonSchedule(spec: ScheduleSpec & { seed: number }): Schedule {
  const random = seededRandom(spec.seed + spec.thread)
  const meanGapNs = (spec.threads * 1e9) / spec.rate
  const end = spec.warmUpNs + spec.durationNs
  const next = new Float64Array(1)
  const schedule = {
    next,
    advance() {
      const due = (next[0] as number) - Math.log(1 - random()) * meanGapNs
      next[0] = due < end ? due : Number.POSITIVE_INFINITY
    },
  }
  schedule.advance()
  return schedule
}
