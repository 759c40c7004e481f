import type { Lane } from '../lane.ts'
import type { Agenda } from './agenda.ts'
import { Moments } from './moments.ts'
import type { Sender } from './pacer.ts'

/** A closed loop whose connections rest between a reply and the next request. */
export class ThinkingAgenda implements Agenda {
  readonly next: Float64Array
  /** As in any closed loop, connecting anew counts in the latency of the request that needs it. */
  readonly opensAhead = false
  readonly #sender: Sender
  readonly #thinkNs: () => number
  /** When each free lane is due. */
  readonly #moments: Moments
  readonly #freeSince: Float64Array
  /** By slot: 1 while it has had no request. */
  readonly #fresh: Uint8Array
  /** Measured requests still to be given a moment. */
  #left: number

  /** `thinkNs` draws a think time. `maxRequests` is how many measured requests there are at most. */
  constructor(sender: Sender, thinkNs: () => number, maxRequests = Number.POSITIVE_INFINITY) {
    const slots = sender.lanes.length
    this.#sender = sender
    this.#thinkNs = thinkNs
    this.#moments = new Moments(slots)
    this.next = this.#moments.next
    this.#freeSince = new Float64Array(slots)
    this.#fresh = new Uint8Array(slots).fill(1)
    this.#left = maxRequests
  }

  offer({ slot }: Lane, now: number): void {
    if (this.#moments.has(slot)) return
    // The first request does not wait.
    const due = this.#turned(this.#fresh[slot] === 1 ? now : now + this.#thinkNs())
    this.#fresh[slot] = 0
    if (due >= this.#sender.measuredTo || this.#left === 0) return
    if (this.#sender.measures(due)) this.#left--
    this.#freeSince[slot] = now
    this.#moments.push(slot, due)
  }

  /** It has its moment, or gets one after its rest. */
  spare(): void {}

  sendDue(from: number): boolean {
    const { next } = this
    let left = false
    let now = from
    while ((next[0] as number) <= now) {
      const due = next[0] as number
      const slot = this.#moments.take()
      // The load was stopped after the lane was given its moment.
      if (due >= this.#sender.measuredTo) continue
      const turned = this.#turned(now)
      if (turned > now) {
        this.#putOff(slot, due, turned)
        continue
      }
      now = this.#sender.launch(this.#sender.lanes[slot] as Lane, due, this.#freeSince[slot] as number)
      left = true
    }
    return left
  }

  /** Nothing is: a request waits for its own connection, which is free when its moment is set. */
  /** Each connection has a next request of its own, which may be due sooner than one of another is answered. */
  waits(): boolean {
    return false
  }

  giveUp(): void {}

  over(now: number): boolean {
    const all = this.#left === 0 && this.next[0] === Number.POSITIVE_INFINITY
    return this.#sender.outstanding === 0 && (all || now >= this.#sender.measuredTo)
  }

  /** What is due later is dropped when its moment comes. */
  stop(): void {}

  endNs(): number {
    return this.#left === 0 ? this.#sender.clock.now() : Number.POSITIVE_INFINITY
  }

  /** The earliest moment from this one on that is in the arm's turn. */
  #turned(moment: number): number {
    const { turns } = this.#sender
    return turns === undefined ? moment : turns.opensAt(moment)
  }

  /** The thread comes when the turn is over: the lane rests on. */
  #putOff(slot: number, due: number, until: number): void {
    if (this.#sender.measures(due)) this.#left++
    if (until >= this.#sender.measuredTo) return
    if (this.#sender.measures(until)) this.#left--
    this.#moments.push(slot, until)
  }
}
