import { type Arrivals, arrivalsOf, type Rate } from './arrivals.ts'
import type { Turns } from './turns.ts'

/** As in turns: a moment so shortly before a window ends is the beginning of the next. */
const slackNs = 1

/**
 * An arm's arrivals where arms are loaded in turn: the schedule runs in the arm's own time, which stands still while it may not send, at
 * the arm's rate. Steps are shortened alike, so that all of them fit. What comes at given moments (bursts, a replay) keeps to the time
 * that is measured: a burst on the first moment of every turn would be of no use.
 */
export function arrivalsInTurns(rate: Rate, turns: Turns, warmUpNs: number, durationNs: number): Arrivals[] {
  const sending = new OwnTime(turns, 0)
  const measured = new OwnTime(turns, turns.settleNs)
  const along = (time: OwnTime): Arrivals[] => {
    const duringNs = time.until(durationNs)
    const fitting = shortened(rate, duringNs / durationNs)
    return arrivalsOf(fitting, -time.until(-warmUpNs), duringNs).map((arrivals) => ({
      ...arrivals,
      atNs: (i) => time.atNs(arrivals.atNs(i)),
    }))
  }
  const fixed = along(measured)
  return along(sending).map((arrivals, n) => (arrivals.fixed ? (fixed[n] as Arrivals) : arrivals))
}

const shortened = (rate: Rate, by: number): Rate =>
  typeof rate === 'object' && 'steps' in rate
    ? { steps: rate.steps.map((step) => ({ ...step, durationMs: step.durationMs * by })) }
    : rate

/** The time of an arm's turns put together, from `fromNs` into each to its last part. Nanoseconds since the measured part began. */
class OwnTime {
  readonly #turns: Turns
  readonly #fromNs: number
  readonly #windowNs: number

  constructor(turns: Turns, fromNs: number) {
    this.#turns = turns
    this.#fromNs = fromNs
    this.#windowNs = turns.openNs - fromNs
  }

  /** When so much of the own time is over. */
  atNs(ownNs: number): number {
    const n = Math.floor((ownNs + slackNs) / this.#windowNs)
    return this.#turns.nth(n) * this.#turns.turnNs + this.#fromNs + Math.max(0, ownNs - n * this.#windowNs)
  }

  /** How much of the own time is over at this moment. */
  until(moment: number): number {
    const { turnNs } = this.#turns
    const turn = Math.floor(moment / turnNs)
    const before = this.#turns.ownBefore(turn)
    const within = this.#turns.nth(before) === turn ? moment - turn * turnNs - this.#fromNs : 0
    return before * this.#windowNs + Math.max(0, Math.min(within, this.#windowNs))
  }
}
