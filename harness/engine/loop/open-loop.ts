import { at, type ErrorKind, type Tally } from '../../load/result/tally.ts'
import type { Schedule } from '../../load/schedule/schedule.ts'
import type { Lane } from '../lane.ts'
import type { LoopSpec } from './loop.ts'
import { TimedLoop } from './timed-loop.ts'

/** How often waiting arrivals are counted, at most. */
const recountNs = 1e6

/** Requests leave when the schedule says, replies or not: an arrival waits only for a free lane, and that shows as latency. */
export class OpenLoop extends TimedLoop {
  readonly #schedule: Schedule
  readonly #freeSince: Float64Array
  readonly #free: FreeSlots

  readonly #backlog: Backlog

  /** `createSchedule` answers the same schedule from its beginning each time. */
  constructor(spec: LoopSpec, createSchedule: () => Schedule, maxBacklog: number, tally: Tally) {
    const schedule = createSchedule()
    super(spec, tally, schedule.next)
    this.#schedule = schedule
    this.#backlog = new Backlog(createSchedule, maxBacklog)
    this.#freeSince = new Float64Array(this.lanes.length)
    this.#free = new FreeSlots(this.lanes.length)
  }

  protected offer(lane: Lane, now: number): void {
    this.#freeSince[lane.slot] = now
    this.#free.push(lane.slot)
  }

  override stop(): void {
    super.stop()
    while ((this.next[0] as number) < this.measuredTo) this.#refuse('unsent')
    this.next[0] = Number.POSITIVE_INFINITY
  }

  protected tend(now: number): boolean {
    this.pump(now)
    this.behind(this.next[0] as number, now)
    const expired = now - this.spec.timeoutNs
    while ((this.next[0] as number) < expired) this.#refuse(this.unreachable ?? 'unsent')
    return this.over()
  }

  protected endNs(): number {
    return this.#schedule.endNs()
  }

  protected over(): boolean {
    return this.outstanding === 0 && this.next[0] === Number.POSITIVE_INFINITY
  }

  protected pump(from: number): void {
    const { next } = this
    let now = from
    while ((next[0] as number) <= now) {
      const lane = this.#takeFree()
      if (lane === undefined) {
        const { unreachable } = this
        if (unreachable !== null) this.#refuse(unreachable)
        else if (this.#backlog.exceeded(now, this.#taken())) this.#refuse('shed')
        else return
        continue
      }
      const due = next[0] as number
      this.#schedule.advance()
      now = this.launch(lane, due, this.#freeSince[lane.slot] as number)
    }
  }

  /** The connection that has been free for longest, so that all of them carry load. */
  #takeFree(): Lane | undefined {
    for (;;) {
      const slot = this.#free.take()
      if (slot < 0) return undefined
      const lane = this.lanes[slot] as Lane
      if (lane.state === (this.spec.keepAlive ? 'free' : 'closed')) return lane
    }
  }

  /** Arrivals so far that were sent or given up. */
  #taken(): number {
    const { warmUp, measured } = this.tally
    return (warmUp.counters[at.scheduled] as number) + (measured.counters[at.scheduled] as number)
  }

  #refuse(kind: ErrorKind): void {
    const part = this.partAt(this.next[0] as number)
    this.#schedule.advance()
    part.add(at.scheduled, 1)
    part.error(kind)
  }
}

/**
 * Counts the arrivals that wait. They are in no queue: a schedule tells when each was due, and a second one, which is gone through
 * only while there is something to count, how many have come.
 */
class Backlog {
  readonly #create: () => Schedule
  readonly #max: number
  #ahead: Schedule | undefined
  #come = 0
  /** `[0]` is when arrivals were last counted. */
  readonly #counted = new Float64Array(1)

  constructor(create: () => Schedule, max: number) {
    this.#create = create
    this.#max = max
  }

  /** Whether more arrivals wait than may, when `taken` of those that have come do not any more. */
  exceeded(now: number, taken: number): boolean {
    if (now - (this.#counted[0] as number) > recountNs) {
      this.#counted[0] = now
      this.#ahead ??= this.#create()
      const { next } = this.#ahead
      for (; (next[0] as number) <= now; this.#come++) this.#ahead.advance()
    }
    return this.#come - taken > this.#max
  }
}

/** First in, first out. A slot is in it at most once. */
class FreeSlots {
  readonly #ring: Int32Array
  readonly #present: Uint8Array
  #head = 0
  #length = 0

  constructor(capacity: number) {
    this.#ring = new Int32Array(capacity)
    this.#present = new Uint8Array(capacity)
  }

  push(slot: number): void {
    if (this.#present[slot] === 1) return
    this.#present[slot] = 1
    this.#ring[(this.#head + this.#length) % this.#ring.length] = slot
    this.#length++
  }

  /** −1 when there is none. */
  take(): number {
    if (this.#length === 0) return -1
    const slot = this.#ring[this.#head] as number
    this.#head = (this.#head + 1) % this.#ring.length
    this.#length--
    this.#present[slot] = 0
    return slot
  }
}
