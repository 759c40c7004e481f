import { type Arrivals, arrivalsOf, countOf, type Rate } from './arrivals.ts'
import { type ArmsShare, dealtArrivals } from './deal.ts'
import { arrivalsInTurns } from './own-time.ts'
import { dealtPoisson, evenly, type Moments, poisson, type ScheduleShare } from './processes.ts'
import { type Turns, turnsOf } from './turns.ts'

export interface Schedule extends Moments {
  /** When the measured arrivals end: the first that is left out by a limit of their number, else the end of the measured part. */
  endNs(): number
}

export interface SchedulePlan {
  /** Of all shares together; where arms are loaded together, of each arm. */
  rate: Rate
  /** Set: the gaps are drawn (Poisson) with this seed. Absent: they are even. */
  seed?: number | undefined
  warmUpNs: number
  durationNs: number
  /** Of the measured arrivals of all shares. */
  maxRequests?: number | undefined
  /** Where arms are loaded together: the arrivals are this arm's, and it is these that shares are of. */
  arms?: ArmsShare | undefined
}

/** Shares of a schedule. Every arrival of the schedule belongs to exactly one of all shares. */
export function createSchedules(plan: SchedulePlan, shares: readonly ScheduleShare[]): Schedule[] {
  const { seed, warmUpNs, maxRequests, arms } = plan
  const all = arrivalsIn(plan)
  const turns = turnsOf(arms, warmUpNs)
  const create = (arrivals: Arrivals, share: ScheduleShare) => {
    if (seed === undefined || arrivals.fixed) return evenly(dealtIf(arms, arrivals), warmUpNs, share)
    return arms?.design === 'paired'
      ? dealtPoisson(arrivals, warmUpNs, share, arms)
      : poisson(arrivals, warmUpNs, share, seed)
  }
  return shares.map((share) => {
    const next = all.map((arrivals) => create(arrivals, share)).reduce(merged)
    const limit = maxRequests === undefined ? Number.POSITIVE_INFINITY : dealt(maxRequests, share)
    return limited(next, plan, limit, turns)
  })
}

/** How many measured arrivals these shares have; null where chance decides. */
export function countArrivals(plan: SchedulePlan, shares: readonly ScheduleShare[]): number | null {
  const { seed, maxRequests = Number.POSITIVE_INFINITY, arms } = plan
  const all = arrivalsIn(plan)
  if (seed !== undefined && all.some(({ fixed }) => !fixed)) return null
  if (arms?.design === 'slices') return countInTurns(plan, shares)
  return shares.reduce((sum, share) => {
    const own = all.reduce((count, arrivals) => count + dealt(countOf(dealtIf(arms, arrivals)), share), 0)
    return sum + Math.min(dealt(maxRequests, share), own)
  }, 0)
}

const arrivalsIn = ({ rate, warmUpNs, durationNs, arms }: SchedulePlan): Arrivals[] => {
  const turns = turnsOf(arms, warmUpNs)
  return turns === undefined
    ? arrivalsOf(rate, warmUpNs, durationNs)
    : arrivalsInTurns(rate, turns, warmUpNs, durationNs)
}

const dealtIf = (arms: ArmsShare | undefined, arrivals: Arrivals) =>
  arms?.design === 'paired' ? dealtArrivals(arrivals, arms) : arrivals

/** By going through them: which of a turn's arrivals come too early in it to be measured has no closed form. */
function countInTurns(plan: SchedulePlan, shares: readonly ScheduleShare[]): number {
  const turns = turnsOf(plan.arms, plan.warmUpNs) as Turns
  let count = 0
  for (const { next, advance } of createSchedules(plan, shares))
    for (; next[0] !== Number.POSITIVE_INFINITY; advance()) count += Number(turns.measures(next[0] as number))
  return count
}

/** Of `count` things that are dealt out one by one, how many one share gets. */
export const dealt = (count: number, { index, of }: ScheduleShare) => Math.max(0, Math.ceil((count - index) / of))

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
function limited(
  { next, advance }: Moments,
  { warmUpNs, durationNs }: SchedulePlan,
  limit: number,
  turns: Turns | undefined,
): Schedule {
  const end = Float64Array.of(warmUpNs + durationNs)
  let left = limit
  const measures = () => (turns === undefined ? (next[0] as number) >= warmUpNs : turns.measures(next[0] as number))
  const cut = () => {
    if (left > 0 || !measures() || next[0] === Number.POSITIVE_INFINITY) return
    end[0] = next[0] as number
    next[0] = Number.POSITIVE_INFINITY
  }
  cut()
  return {
    next,
    endNs: () => end[0] as number,
    advance() {
      if (measures()) left--
      advance()
      cut()
    },
  }
}
