import { at, type ErrorKind } from '../../load/result/tally.ts'
import type { Schedule } from '../../load/schedule/schedule.ts'
import type { Lane } from '../lane.ts'
import type { Agenda } from './agenda.ts'
import { Moments } from './moments.ts'
import type { Sender } from './pacer.ts'

/** An open loop in which each lane has its own share of the arrivals: they wait for this lane alone. */
export class ConnectionAgenda implements Agenda {
  readonly next: Float64Array
  readonly opensAhead: boolean
  readonly #sender: Sender
  /** By slot. */
  readonly #schedules: readonly Schedule[]
  /** When each free lane is due. */
  readonly #moments: Moments
  readonly #freeSince: Float64Array
  /** Lanes whose schedule has not ended. */
  #left: number

  constructor(sender: Sender, schedules: readonly Schedule[]) {
    this.#sender = sender
    this.opensAhead = sender.keepAlive
    this.#schedules = schedules
    this.#moments = new Moments(schedules.length)
    this.next = this.#moments.next
    this.#freeSince = new Float64Array(schedules.length)
    this.#left = schedules.filter(({ next }) => next[0] !== Number.POSITIVE_INFINITY).length
  }

  offer({ slot }: Lane, now: number): void {
    if (this.#moments.has(slot)) return
    const due = this.#dueOf(slot)
    if (due === Number.POSITIVE_INFINITY) return
    this.#freeSince[slot] = now
    this.#moments.push(slot, due)
  }

  spare(lane: Lane, now: number): void {
    this.offer(lane, now)
  }

  sendDue(from: number): boolean {
    const { next } = this
    let left = false
    let now = from
    while ((next[0] as number) <= now) {
      const slot = this.#moments.take()
      const lane = this.#sender.lanes[slot] as Lane
      // Its connection is being opened, or could not be; it is offered again when there is one.
      if (lane.state === 'connecting' || (lane.state === 'closed' && this.#sender.refusedAt(slot) !== null)) continue
      const free = this.#freeSince[slot] as number
      // What the lane was offered for may have been given up since.
      const due = this.#dueOf(slot)
      now = this.#sender.clock.now()
      if (due > now) {
        this.offer(lane, free)
        continue
      }
      this.#advance(slot)
      now = this.#sender.launch(lane, due, free)
      left = true
    }
    return left
  }

  /** Each connection has a next request of its own, which may be due sooner than one of another is answered. */
  waits(): boolean {
    return false
  }

  giveUp(now: number): void {
    const { lanes, tally, timeoutNs } = this.#sender
    const expired = now - timeoutNs
    let earliest = Number.POSITIVE_INFINITY
    for (const { slot } of lanes) {
      const refused = this.#sender.refusedAt(slot)
      earliest = Math.min(earliest, this.#dueOf(slot))
      while (this.#dueOf(slot) <= (refused ? now : expired)) this.#refuse(slot, refused ?? 'unsent')
    }
    tally.measured.counters[at.behindNs] = Math.max(0, now - earliest)
  }

  over(): boolean {
    return this.#left === 0 && this.#sender.outstanding === 0
  }

  stop(): void {
    for (const { slot } of this.#sender.lanes) {
      while (this.#dueOf(slot) < this.#sender.measuredTo) this.#refuse(slot, 'unsent')
      const next = this.#schedules[slot]?.next
      if (next) next[0] = Number.POSITIVE_INFINITY
    }
    this.#left = 0
  }

  endNs(): number {
    return this.#schedules.reduce((end, schedule) => Math.min(end, schedule.endNs()), Number.POSITIVE_INFINITY)
  }

  #dueOf(slot: number): number {
    return this.#schedules[slot]?.next[0] as number
  }

  #refuse(slot: number, kind: ErrorKind): void {
    const due = this.#dueOf(slot)
    this.#advance(slot)
    this.#sender.refuse(due, kind)
  }

  #advance(slot: number): void {
    this.#schedules[slot]?.advance()
    if (this.#dueOf(slot) === Number.POSITIVE_INFINITY) this.#left--
  }
}
