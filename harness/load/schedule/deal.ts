import type { Arrivals } from './arrivals.ts'

/**
 * This arm's number among the arms that are loaded together, from 0. `paired`: the arrivals of one schedule of `arms` times the rate are dealt
 * out, each arm one of every group of `arms` of them, at a place drawn with the seed. `slices`: each arm has the time to itself in turn.
 */
export interface ArmsShare {
  design: 'paired' | 'slices'
  arm: number
  arms: number
  /** The same for all arms and their agents. */
  seed: number
  /** Of slices: the length of a turn; so much at its beginning is sent and not measured; and so much at its end nothing is sent. */
  turnMs?: number | undefined
  settleMs?: number | undefined
  drainMs?: number | undefined
}

/**
 * The order of the arms in each of endlessly many groups, all orders alike likely. It is computed from seed and group alone: whoever
 * asks gets the same answer without going through the groups before.
 */
export class Deal {
  readonly #arms: number
  readonly #key: number
  readonly #otherKey: number

  constructor(arms: number, seed: number) {
    this.#arms = arms
    this.#key = mixed((seed + 0x9e3779b9) | 0)
    this.#otherKey = mixed((this.#key ^ Math.floor(seed / 2 ** 32)) + 1)
  }

  /** Which place the arm has in the group, from 0: where the shuffle (Fisher–Yates) of that group leaves it. */
  place(arm: number, group: number): number {
    const drawn = mixed(mixed((group | 0) ^ this.#key) + this.#otherKey)
    let place = arm
    for (let last = this.#arms - 1; last > 0; last--) {
      const other = (mixed(drawn + last) >>> 0) % (last + 1)
      if (place === last) place = other
      else if (place === other) place = last
    }
    return place
  }
}

/** A number of 32 bits, each of which depends on all bits of the argument: the last step of MurmurHash3 (Austin Appleby, public domain). */
function mixed(number: number): number {
  let h = number | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/**
 * One arm's arrivals of a schedule of `arms` times the rate: arrival i of the arm is that of number i · arms + its place in group i. The
 * last group of the warm-up and of the measured part may be without some of the arms. Where every moment is given (bursts, a replay)
 * nothing is dealt: each arm has all of them, at the same moments as the others.
 */
export function dealtArrivals(arrivals: Arrivals, { arm, arms, seed }: ArmsShare): Arrivals {
  if (arrivals.fixed) return arrivals
  const deal = new Deal(arms, seed)
  const before = Math.floor(arms * arrivals.before + 1e-9)
  const during = Math.ceil(arms * arrivals.during - 1e-9)
  const [first, last] = [-Math.floor(before / arms), Math.floor(during / arms)]
  return {
    before: -first + Number(deal.place(arm, first - 1) >= arms - (before % arms)),
    during: last + Number(deal.place(arm, last) < during % arms),
    fixed: false,
    atNs: (i) => arrivals.atNs(i + deal.place(arm, i) / arms),
  }
}
