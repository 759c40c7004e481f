import { type ArmsShare, Deal } from './deal.ts'
import { drainMsOf, settleMsOf, turnLengths } from './turn-lengths.ts'

/** Moments are sums and quotients of floating numbers: so much before a turn begins, it has begun. */
const slackNs = 1

/**
 * Whose turn it is when arms are loaded in turn. A quad is all arms in an order drawn for it, and then the same backwards (ABBA), so
 * that what changes evenly falls on all alike. Turn 0 and a quad begin with the measured part, and with each of its units; the turns of
 * the warm-up have negative numbers. Moments are nanoseconds since the load began. Nothing here allocates or remembers.
 */
export class Turns {
  readonly turnNs: number
  readonly settleNs: number
  /** From the beginning of a turn to its last part, in which nothing is due. */
  readonly openNs: number
  readonly #beginNs: number
  readonly #arm: number
  readonly #arms: number
  readonly #deal: Deal

  /** `beginNs` is when turn 0 begins. Lengths that the share does not give are the usual ones. */
  constructor(share: ArmsShare, beginNs: number) {
    const { arm, arms, seed, turnMs = turnLengths(arms, 1000).turnMs } = share
    const { settleMs = settleMsOf(turnMs), drainMs = drainMsOf(turnMs) } = share
    this.turnNs = turnMs * 1e6
    this.settleNs = settleMs * 1e6
    this.openNs = this.turnNs - drainMs * 1e6
    this.#beginNs = beginNs
    this.#arm = arm
    this.#arms = arms
    this.#deal = new Deal(arms, seed)
  }

  /** How much of all time is this arm's and is measured. */
  get measuredShare(): number {
    return (this.openNs - this.settleNs) / (this.#arms * this.turnNs)
  }

  /** Whether it is this arm's turn. */
  own(now: number): boolean {
    const turn = this.#turnAt(now)
    return this.nth(this.ownBefore(turn)) === turn
  }

  /** The earliest moment from `now` on at which a request may be due: `now` itself, or the beginning of this arm's next turn. */
  opensAt(now: number): number {
    const turn = this.#turnAt(now)
    const n = this.ownBefore(turn)
    const own = this.nth(n)
    if (own === turn && this.#within(now, turn) < this.openNs) return now
    return this.#beginNs + (own === turn ? this.nth(n + 1) : own) * this.turnNs
  }

  /** Whether what was due in the arm's own turn at this moment counts: not in the warm-up, nor while the turn settles. */
  measures(due: number): boolean {
    const turn = this.#turnAt(due)
    // Without a branch, which would be compiled when it is first taken.
    return Math.min(turn, this.#within(due, turn) - this.settleNs) >= 0
  }

  /** Which turn is this arm's number `n`: it has two of every quad. */
  nth(n: number): number {
    const quad = Math.floor(n / 2)
    const place = this.#deal.place(this.#arm, quad)
    return 2 * this.#arms * quad + (n === 2 * quad ? place : 2 * this.#arms - 1 - place)
  }

  /** How many turns this arm has from turn 0 to before this one; before turn 0 the number is negative. */
  ownBefore(turn: number): number {
    const turns = 2 * this.#arms
    const quad = Math.floor(turn / turns)
    const place = this.#deal.place(this.#arm, quad)
    const number = turn - turns * quad
    return 2 * quad + Number(place < number) + Number(turns - 1 - place < number)
  }

  #turnAt(moment: number): number {
    return Math.floor((moment - this.#beginNs + slackNs) / this.turnNs)
  }

  /** How far into the turn the moment is. */
  #within(moment: number, turn: number): number {
    return moment - this.#beginNs - turn * this.turnNs + slackNs
  }
}

/** The turns of arms that are loaded in turn; else undefined. Turn 0 begins with the measured part, `measuredFromNs` after the load. */
export const turnsOf = (arms: ArmsShare | undefined, measuredFromNs: number): Turns | undefined =>
  arms?.design === 'slices' ? new Turns(arms, measuredFromNs) : undefined
