import { seededRandom } from '../../random.ts'
import { type Arrivals, countOf } from './arrivals.ts'
import { type ArmsShare, Deal } from './deal.ts'

/** When arrivals are due, in nanoseconds since the load began. */
export interface Moments {
  /** `[0]` is the intended start of the next arrival; Infinity after the last. Typed, so that reading it never allocates. */
  readonly next: Float64Array
  advance(): void
}

/** Which of how many, from 0: every `of`-th arrival, the measured ones from the `index`-th on. */
export interface ScheduleShare {
  index: number
  of: number
}

/** Arrivals at the whole numbers. */
export function evenly(arrivals: Arrivals, warmUpNs: number, { index, of }: ScheduleShare): Moments {
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
export function poisson(arrivals: Arrivals, warmUpNs: number, { index, of }: ScheduleShare, seed: number): Moments {
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

/**
 * One arm's arrivals of a process of `arms` times the rate. All arms go through the same one, drawn with the seed that they share, and each
 * takes its own of every group of `arms` arrivals. Shares of one number are dealt of one process: all arms have as many.
 */
export function dealtPoisson(
  arrivals: Arrivals,
  warmUpNs: number,
  { index, of }: ScheduleShare,
  share: ArmsShare,
): Moments {
  const { arm, arms, seed } = share
  const random = seededRandom(seed + index)
  const deal = new Deal(arms, seed + index)
  /** `[0]` is the number of the latest arrival of the group that was gone through last. */
  const number = Float64Array.of(-arrivals.before)
  const next = new Float64Array(1)
  let group = 0
  const schedule = {
    next,
    advance() {
      const place = deal.place(arm, group++)
      let i = number[0] as number
      let own = i
      for (let k = 0; k < arms; k++) {
        i -= (Math.log(1 - random()) * of) / arms
        if (k === place) own = i
      }
      number[0] = i
      next[0] = own < arrivals.during ? Math.max(0, warmUpNs + arrivals.atNs(own)) : Number.POSITIVE_INFINITY
    },
  }
  schedule.advance()
  return schedule
}
