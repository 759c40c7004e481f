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
  startNs: number
  durationNs: number
  /** Which share of the arrivals: every `threads`-th, from the `thread`-th (from 0). */
  thread: number
  threads: number
}

/** How many arrivals a constant rate has in a duration: those at 0, 1/rate, 2/rate, … before its end. */
export const arrivalCount = (rate: number, durationNs: number) => Math.ceil((rate * durationNs) / 1e9 - 1e-9)

/** Arrival i is due at start + i / rate. Threads share one such schedule by phase. */
export function constantSchedule({ rate, startNs, durationNs, thread, threads }: ScheduleSpec): Schedule {
  const count = arrivalCount(rate, durationNs)
  const dueAt = (i: number) => (i < count ? startNs + (i * 1e9) / rate : Number.POSITIVE_INFINITY)
  let i = thread
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
export function poissonSchedule({
  rate,
  startNs,
  durationNs,
  thread,
  threads,
  seed,
}: ScheduleSpec & { seed: number }): Schedule {
  const random = seededRandom(seed + thread)
  const meanGapNs = (threads * 1e9) / rate
  const end = startNs + durationNs
  const next = Float64Array.of(startNs)
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

/** The arrivals of one schedule, then those of another that begins where the first ends. */
export function inSequence(first: Schedule, second: Schedule): Schedule {
  const next = Float64Array.of(Math.min(first.next[0] as number, second.next[0] as number))
  return {
    next,
    advance() {
      const current = first.next[0] === Number.POSITIVE_INFINITY ? second : first
      current.advance()
      next[0] = Math.min(first.next[0] as number, second.next[0] as number)
    },
  }
}
