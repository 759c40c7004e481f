import { at, type ErrorKind } from '../../load/result/tally.ts'
import type { Schedule } from '../../load/schedule/schedule.ts'
import type { Lane } from '../lane.ts'
import type { Agenda } from './agenda.ts'
import { Backlog } from './backlog.ts'
import { FreeSlots } from './free-slots.ts'
import type { Sender } from './pacer.ts'

/** An open loop: requests leave when the schedule says, replies or not. An arrival waits for any free lane, which shows as latency. */
export class SharedAgenda implements Agenda {
  readonly next: Float64Array
  readonly opensAhead: boolean
  readonly #sender: Sender
  readonly #schedule: Schedule
  readonly #backlog: Backlog
  readonly #free: FreeSlots
  /** Closed ones, for arrivals that find none that is open. */
  readonly #spare: FreeSlots
  readonly #freeSince: Float64Array
  /** Arrivals are given up as soon as too many of them wait, reply or not. */
  readonly #sheds: boolean

  /** `createSchedule` returns the same schedule from its beginning each time. `sheds`: a smaller backlog than memory holds was asked for. */
  constructor(sender: Sender, createSchedule: () => Schedule, maxBacklog: number, sheds: boolean) {
    this.#sender = sender
    this.#schedule = createSchedule()
    this.next = this.#schedule.next
    this.opensAhead = sender.keepAlive
    this.#backlog = new Backlog(createSchedule, maxBacklog)
    this.#sheds = sheds
    this.#free = new FreeSlots(sender.lanes.length)
    this.#spare = new FreeSlots(sender.lanes.length)
    this.#freeSince = new Float64Array(sender.lanes.length)
  }

  offer({ slot }: Lane, now: number): void {
    this.#freeSince[slot] = now
    this.#free.push(slot)
  }

  spare(lane: Lane, now: number): void {
    this.#freeSince[lane.slot] = now
    this.#spare.push(lane.slot)
  }

  sendDue(from: number): boolean {
    const { next } = this
    let left = false
    let now = from
    while ((next[0] as number) <= now) {
      const lane = this.#takeFree()
      if (lane === undefined) {
        const { unreachable } = this.#sender
        if (unreachable !== null) this.#refuse(unreachable)
        else if (this.#backlog.exceeded(now, this.#taken())) this.#refuse('shed')
        else return left
        continue
      }
      const due = next[0] as number
      this.#schedule.advance()
      now = this.#sender.launch(lane, due, this.#freeSince[lane.slot] as number)
      left = true
    }
    return left
  }

  waits(now: number): boolean {
    return !this.#sheds && this.#sender.unreachable === null && (this.next[0] as number) <= now
  }

  giveUp(now: number): void {
    const { tally, timeoutNs, unreachable } = this.#sender
    tally.measured.counters[at.behindNs] = Math.max(0, now - (this.next[0] as number))
    const expired = now - timeoutNs
    while ((this.next[0] as number) <= expired) this.#refuse(unreachable ?? 'unsent')
  }

  over(): boolean {
    return this.#sender.outstanding === 0 && this.next[0] === Number.POSITIVE_INFINITY
  }

  stop(): void {
    while ((this.next[0] as number) < this.#sender.measuredTo) this.#refuse('unsent')
    this.next[0] = Number.POSITIVE_INFINITY
  }

  endNs(): number {
    return this.#schedule.endNs()
  }

  /** The connection that has been free for longest, so that all of them carry load; of those that are open, if one is. */
  #takeFree(): Lane | undefined {
    return this.#takeFrom(this.#free, this.opensAhead ? 'free' : 'closed') ?? this.#takeFrom(this.#spare, 'closed')
  }

  /** One that is in another state by now is offered anew when it is in this one; so is one that could not be opened. */
  #takeFrom(slots: FreeSlots, state: Lane['state']): Lane | undefined {
    for (;;) {
      const slot = slots.take()
      if (slot < 0) return undefined
      const lane = this.#sender.lanes[slot] as Lane
      if (lane.state === state && (state === 'free' || this.#sender.refusedAt(slot) === null)) return lane
    }
  }

  /** Arrivals so far that were sent or given up. */
  #taken(): number {
    const { warmUp, measured } = this.#sender.tally
    return (warmUp.counters[at.scheduled] as number) + (measured.counters[at.scheduled] as number)
  }

  #refuse(kind: ErrorKind): void {
    const due = this.next[0] as number
    this.#schedule.advance()
    this.#sender.refuse(due, kind)
  }
}
