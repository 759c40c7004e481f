import type { Turns } from '../../load/schedule/turns.ts'
import type { Lane } from '../lane.ts'
import type { Timer } from './clock.ts'
import { FreeSlots } from './free-slots.ts'
import type { Sender } from './pacer.ts'

/** Lanes of a closed loop that were freed out of turn. One timer, to the beginning of the arm's next turn, frees all of them again. */
export class HeldLanes {
  readonly #sender: Sender
  readonly #turns: Turns
  readonly #release: (lane: Lane, now: number) => void
  readonly #held: FreeSlots
  #timer: Timer | undefined

  constructor(sender: Sender, turns: Turns, release: (lane: Lane, now: number) => void) {
    this.#sender = sender
    this.#turns = turns
    this.#release = release
    this.#held = new FreeSlots(sender.lanes.length)
  }

  /** Keeps the lane until it may send. Returns whether it is kept: where it may send now, it is not. */
  hold(lane: Lane, now: number): boolean {
    const opens = this.#turns.opensAt(now)
    if (opens <= now) return false
    // A connection that is lost or used up out of turn is no cost of the next request.
    if (lane.state === 'closed' && this.#sender.keepAlive) this.#sender.reopen(lane)
    else this.#held.push(lane.slot)
    this.#wake(opens, now)
    return true
  }

  /** The load is over. */
  end(): void {
    this.#sender.clock.cancel(this.#timer)
  }

  #wake(opens: number, now: number): void {
    // Rounded up: where a timer is early it has to be set again.
    this.#timer ??= this.#sender.clock.after(Math.ceil((opens - now) / 1e6), this.#woken)
  }

  #woken = (): void => {
    this.#timer = undefined
    const { clock, lanes } = this.#sender
    const now = clock.now()
    const opens = this.#turns.opensAt(now)
    if (opens > now) {
      this.#wake(opens, now)
      return
    }
    for (let slot = this.#held.take(); slot >= 0; slot = this.#held.take()) {
      const lane = lanes[slot] as Lane
      // One that was lost meanwhile is freed by itself, when it may be opened again.
      if (lane.state !== 'connecting' && !this.#sender.rests(slot)) this.#release(lane, now)
    }
  }
}
