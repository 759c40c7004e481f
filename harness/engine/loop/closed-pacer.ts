import { at } from '../../load/result/tally.ts'
import type { Lane } from '../lane.ts'
import type { Timer } from './clock.ts'
import { HeldLanes } from './held-lanes.ts'
import type { Pacer, Sender } from './pacer.ts'

/** Each connection sends its next request when the reply is there. Connecting anew, where it must, counts in the latency. */
export class ClosedPacer implements Pacer {
  readonly #sender: Sender
  /** Measured requests still to be sent. */
  #left: number
  /** Of arms that are loaded in turn. */
  readonly #held: HeldLanes | undefined
  #activeBeforeMs: number | undefined
  #measuring: Timer | undefined

  /** `maxRequests` is how many measured requests there are at most. */
  constructor(sender: Sender, maxRequests = Number.POSITIVE_INFINITY) {
    this.#sender = sender
    this.#left = maxRequests
    this.#held = sender.turns && new HeldLanes(sender, sender.turns, (lane, now) => this.freed(lane, now))
  }

  begin(): void {
    const { clock, measuredFrom, measuredTo } = this.#sender
    const later = (moment: number, act: () => void) => {
      this.#measuring = clock.after(Math.max(0, (moment - clock.now()) / 1e6), act)
    }
    later(measuredFrom, () => {
      this.#activeBeforeMs = clock.activeMs()
      later(measuredTo, this.#measureUse)
    })
  }

  freed(lane: Lane, now: number): void {
    const sender = this.#sender
    if (now < sender.measuredTo && this.#left > 0) {
      if (this.#held?.hold(lane, now)) return
      if (sender.measures(now)) this.#left--
      sender.assign(lane, now, now)
    } else this.#settle(now)
  }

  /** A lane that is held, which is opened when its turn comes, or one that has its rest: a closed loop sends as soon as it can. */
  spare(): void {}

  tend(now: number): boolean {
    if (now >= this.#sender.measuredTo || this.#left === 0) this.#settle(now)
    return false
  }

  stop(): void {
    this.#measureUse()
  }

  /** The loop is stopped when the last of a number of requests has ended, which notes it. */
  endNs(): number {
    return Number.POSITIVE_INFINITY
  }

  #settle(now: number): void {
    const sender = this.#sender
    if (sender.outstanding > 0) return
    if (this.#left === 0 && now < sender.measuredTo) sender.stop()
    this.#held?.end()
    sender.finish()
  }

  /** A closed loop sleeps whenever it has nothing to do, so the event loop's own account tells how busy it was. */
  #measureUse = (): void => {
    const { clock, tally } = this.#sender
    clock.cancel(this.#measuring)
    const before = this.#activeBeforeMs
    this.#activeBeforeMs = undefined
    if (before !== undefined) tally.measured.counters[at.busyNs] = (clock.activeMs() - before) * 1e6
  }
}
