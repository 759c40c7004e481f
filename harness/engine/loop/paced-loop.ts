import { at, type ErrorKind, type Tally } from '../../load/result/tally.ts'
import type { Schedule } from '../../load/schedule/schedule.ts'
import type { Lane } from '../lane.ts'
import type { LoopSpec } from './loop.ts'
import { Moments } from './moments.ts'
import { TimedLoop } from './timed-loop.ts'

/** A loop in which each connection has its own moment for its next request, and no other takes its place. */
abstract class PacedLoop extends TimedLoop {
  /** When each free connection is due. */
  readonly #moments: Moments
  protected readonly freeSince: Float64Array
  readonly #offered: Uint8Array

  constructor(spec: LoopSpec, tally: Tally, connections: number) {
    const moments = new Moments(connections)
    super(spec, tally, moments.next)
    this.#moments = moments
    this.freeSince = new Float64Array(connections)
    this.#offered = new Uint8Array(connections)
  }

  /** When a connection that has become free is due; Infinity when it has no more requests. */
  protected abstract dueOf(slot: number, now: number): number

  protected offer({ slot }: Lane, now: number): void {
    if (this.#offered[slot] === 1) return
    const due = this.dueOf(slot, now)
    if (due === Number.POSITIVE_INFINITY) return
    this.freeSince[slot] = now
    this.#offered[slot] = 1
    this.#moments.push(slot, due)
  }

  protected pump(from: number): void {
    const { next } = this
    let now = from
    while ((next[0] as number) <= now) {
      const due = next[0] as number
      const slot = this.#moments.take()
      this.#offered[slot] = 0
      const lane = this.lanes[slot] as Lane
      // Its connection was lost meanwhile; it is offered again when there is a new one.
      if (this.reopens && lane.state !== 'free') continue
      now = this.leave(lane, due)
    }
  }

  /** Sends the connection's request. Answers the moment. */
  protected abstract leave(lane: Lane, due: number): number
}

/** A closed loop whose connections rest between a reply and the next request. */
export class ThinkingLoop extends PacedLoop {
  readonly #thinkNs: () => number
  readonly #fresh: Uint8Array
  /** Measured requests still to be given a moment. */
  #left: number

  constructor(spec: LoopSpec, tally: Tally, connections: number, thinkNs: () => number) {
    super(spec, tally, connections)
    this.#thinkNs = thinkNs
    this.#fresh = new Uint8Array(connections).fill(1)
    this.#left = spec.maxRequests ?? Number.POSITIVE_INFINITY
  }

  /** As in any closed loop, connecting anew counts in the latency of the request that needs it. */
  protected override get reopens(): boolean {
    return false
  }

  /** The first request does not wait. */
  protected dueOf(slot: number, now: number): number {
    const due = this.#fresh[slot] === 1 ? now : now + this.#thinkNs()
    this.#fresh[slot] = 0
    if (due >= this.measuredTo || this.#left === 0) return Number.POSITIVE_INFINITY
    if (due >= this.measuredFrom) this.#left--
    return due
  }

  protected leave(lane: Lane, due: number): number {
    // It was stopped meanwhile.
    if (due >= this.measuredTo) return this.clock()
    return this.launch(lane, due, this.freeSince[lane.slot] as number)
  }

  protected over(now: number): boolean {
    const all = this.#left === 0 && this.next[0] === Number.POSITIVE_INFINITY
    return this.outstanding === 0 && (all || now >= this.measuredTo)
  }

  protected endNs(): number {
    return this.#left === 0 ? Math.min(this.clock(), this.measuredTo) : this.measuredTo
  }

  protected tend(now: number): boolean {
    this.pump(now)
    return this.over(now)
  }
}

/** An open loop in which each connection has its own share of the arrivals: they wait for this connection alone. */
export class PerConnectionLoop extends PacedLoop {
  readonly #schedules: readonly Schedule[]
  /** Connections whose schedule has not ended. */
  #left: number

  constructor(spec: LoopSpec, tally: Tally, schedules: readonly Schedule[]) {
    super(spec, tally, schedules.length)
    this.#schedules = schedules
    this.#left = schedules.filter(({ next }) => next[0] !== Number.POSITIVE_INFINITY).length
  }

  protected dueOf(slot: number): number {
    return this.#schedules[slot]?.next[0] as number
  }

  protected leave(lane: Lane): number {
    const { slot } = lane
    // What the connection was offered for may have been given up since.
    const due = this.dueOf(slot)
    const now = this.clock()
    if (due > now) {
      this.offer(lane, this.freeSince[slot] as number)
      return now
    }
    this.#advance(slot)
    return this.launch(lane, due, this.freeSince[slot] as number)
  }

  override stop(): void {
    super.stop()
    for (const { slot } of this.lanes) {
      while (this.dueOf(slot) < this.measuredTo) this.#refuse(slot, 'unsent')
      const next = this.#schedules[slot]?.next
      if (next) next[0] = Number.POSITIVE_INFINITY
    }
    this.#left = 0
  }

  protected over(): boolean {
    return this.#left === 0 && this.outstanding === 0
  }

  protected endNs(): number {
    return this.#schedules.reduce((end, schedule) => Math.min(end, schedule.endNs()), Number.POSITIVE_INFINITY)
  }

  protected tend(now: number): boolean {
    this.pump(now)
    const expired = now - this.spec.timeoutNs
    let earliest = Number.POSITIVE_INFINITY
    for (const { slot } of this.lanes) {
      const refused = this.refusedAt(slot)
      earliest = Math.min(earliest, this.dueOf(slot))
      while (this.dueOf(slot) < (refused ? now : expired)) this.#refuse(slot, refused ?? 'unsent')
    }
    this.behind(earliest, now)
    return this.over()
  }

  #refuse(slot: number, kind: ErrorKind): void {
    const part = this.partAt(this.dueOf(slot))
    this.#advance(slot)
    part.add(at.scheduled, 1)
    part.error(kind)
  }

  #advance(slot: number): void {
    this.#schedules[slot]?.advance()
    if (this.dueOf(slot) === Number.POSITIVE_INFINITY) this.#left--
  }
}
