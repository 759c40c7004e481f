import { seededRandom } from '../../random.ts'
import { type Arrivals, arrivalsOf, countOf, type Rate } from './arrivals.ts'

/** When arrivals are due, in nanoseconds since the load began. */
export interface Schedule {
  /** `[0]` is the intended start of the next arrival; Infinity after the last. Typed, so that reading it never allocates. */
  readonly next: Float64Array
  advance(): void
  /** When the measured arrivals end: the first that is left out by a limit of their number, else the end of the measured part. */
  endNs(): number
}

export interface SchedulePlan {
  /** Of all shares together. */
  rate: Rate
  /** Set: the gaps are drawn (Poisson) with this seed. Absent: they are even. */
  seed?: number | undefined
  warmUpNs: number
  durationNs: number
  /** Of the measured arrivals of all shares. */
  maxRequests?: number | undefined
}

/** Which of how many, from 0: every `of`-th arrival, the measured ones from the `index`-th on. */
export interface ScheduleShare {
  index: number
  of: number
}

/** Shares of a schedule. Every arrival of the schedule belongs to exactly one of all shares. */
export function createSchedules(
  { rate, seed, warmUpNs, durationNs, maxRequests }: SchedulePlan,
  shares: readonly ScheduleShare[],
): Schedule[] {
  const all = arrivalsOf(rate, warmUpNs, durationNs)
  const create = (arrivals: Arrivals, share: ScheduleShare) =>
    seed === undefined || arrivals.fixed ? evenly(arrivals, warmUpNs, share) : poisson(arrivals, warmUpNs, share, seed)
  return shares.map((share) => {
    const next = all.map((arrivals) => create(arrivals, share)).reduce(merged)
    const limit = maxRequests === undefined ? Number.POSITIVE_INFINITY : dealt(maxRequests, share)
    return limited(next, warmUpNs, durationNs, limit)
  })
}

/** How many measured arrivals these shares have; null where chance decides. */
export function countArrivals(
  { rate, seed, warmUpNs, durationNs, maxRequests = Number.POSITIVE_INFINITY }: SchedulePlan,
  shares: readonly ScheduleShare[],
): number | null {
  const all = arrivalsOf(rate, warmUpNs, durationNs)
  if (seed !== undefined && all.some(({ fixed }) => !fixed)) return null
  return shares.reduce((sum, share) => {
    const own = all.reduce((count, arrivals) => count + dealt(countOf(arrivals), share), 0)
    return sum + Math.min(dealt(maxRequests, share), own)
  }, 0)
}

/** Of `count` things that are dealt out one by one, how many one share gets. */
export const dealt = (count: number, { index, of }: ScheduleShare) => Math.max(0, Math.ceil((count - index) / of))

type Moments = Pick<Schedule, 'next' | 'advance'>

function evenly(arrivals: Arrivals, warmUpNs: number, { index, of }: ScheduleShare): Moments {
  const end = countOf(arrivals)
  const before = Math.floor(arrivals.before + 1e-9)
  const dueAt = (i: number) => (i < end ? Math.max(0, warmUpNs + arrivals.atNs(i)) : Number.POSITIVE_INFINITY)
  let i = index - of * Math.floor((before + index) / of)
  const next = Float64Array.of(dueAt(i))
  return {
    next,
    advance() {
      i += of
      next[0] = dueAt(i)
    },
  }
}

/**
 * Independent arrivals. Gaps of −ln(1 − U) between numbers are a Poisson process of rate 1, and taking the arrivals at these numbers
 * one of the rate in question, which need not be constant. The processes of several shares add up to one of the full rate.
 */
function poisson(arrivals: Arrivals, warmUpNs: number, { index, of }: ScheduleShare, seed: number): Moments {
  const random = seededRandom(seed + index)
  const number = Float64Array.of(-arrivals.before)
  const next = new Float64Array(1)
  const schedule = {
    next,
    advance() {
      const i = (number[0] as number) - Math.log(1 - random()) * of
      number[0] = i
      next[0] = i < arrivals.during ? Math.max(0, warmUpNs + arrivals.atNs(i)) : Number.POSITIVE_INFINITY
    },
  }
  schedule.advance()
  return schedule
}

function merged(one: Moments, other: Moments): Moments {
  const next = Float64Array.of(Math.min(one.next[0] as number, other.next[0] as number))
  return {
    next,
    advance() {
      const earlier = (one.next[0] as number) <= (other.next[0] as number) ? one : other
      earlier.advance()
      next[0] = Math.min(one.next[0] as number, other.next[0] as number)
    },
  }
}

/** Ends after so many measured arrivals. */
function limited({ next, advance }: Moments, warmUpNs: number, durationNs: number, limit: number): Schedule {
  const end = Float64Array.of(warmUpNs + durationNs)
  let left = limit
  const cut = () => {
    if (left > 0 || (next[0] as number) < warmUpNs || next[0] === Number.POSITIVE_INFINITY) return
    end[0] = next[0] as number
    next[0] = Number.POSITIVE_INFINITY
  }
  cut()
  return {
    next,
    endNs: () => end[0] as number,
    advance() {
      if ((next[0] as number) >= warmUpNs) left--
      advance()
      cut()
    },
  }
}
