import type { Lane } from './lane.ts'
import { Loop, type LoopSpec } from './loop.ts'
import type { Schedule } from './schedule.ts'
import { at, type ErrorKind, type Part, type Tally } from './tally.ts'

/** Further from its next arrival than this the loop sleeps; it wakes `wakeEarlyNs` before and spins. */
const sleepBeyondNs = 4e6
const wakeEarlyNs = 2e6
/** Timers and closed connections wait at most this long. */
const longestIdleNs = 50_000

/** Requests leave when the schedule says, replies or not: an arrival waits only for a free lane, and that shows as latency. */
export class OpenLoop extends Loop {
  readonly #schedule: Schedule
  readonly #freeSince: Float64Array
  readonly #free: FreeSlots
  /** `[0]` is when the present turn of the event loop began. */
  readonly #turn = new Float64Array(1)
  #worked = false
  #sleeping = false

  constructor(spec: LoopSpec, schedule: Schedule, tally: Tally) {
    super(spec, tally)
    this.#schedule = schedule
    this.#freeSince = new Float64Array(this.lanes.length)
    this.#free = new FreeSlots(this.lanes.length)
  }

  protected begin(): void {
    for (const lane of this.lanes) if (lane.state === 'free' || !this.spec.keepAlive) this.#free.push(lane.slot)
    this.#turn[0] = this.clock()
    this.#tick()
  }

  protected ready(lane: Lane): void {
    this.freed(lane, this.clock())
  }

  protected freed(lane: Lane, now: number): void {
    if (lane.state === 'closed' && this.spec.keepAlive) {
      this.reopen(lane)
      return
    }
    this.#freeSince[lane.slot] = now
    this.#free.push(lane.slot)
    this.#worked = true
    this.#pump(now)
    if (this.#sleeping) this.#account(now, this.clock())
    if (this.#over()) this.finish()
  }

  protected tend(now: number): boolean {
    this.#pump(now)
    const expired = now - this.spec.timeoutNs
    while ((this.#schedule.next[0] as number) < expired) this.#refuse(this.unreachable ?? 'unsent')
    return this.#over()
  }

  protected partOf(slot: number): Part {
    return this.#partAt(this.due[slot] as number)
  }

  #partAt(due: number): Part {
    return this.tally.part(due >= this.measuredFrom)
  }

  #over(): boolean {
    return this.outstanding === 0 && this.#schedule.next[0] === Number.POSITIVE_INFINITY
  }

  /** Sends what is due while connections are free. */
  #pump(from: number): void {
    const { next } = this.#schedule
    let now = from
    while ((next[0] as number) <= now) {
      const lane = this.#takeFree()
      if (lane === undefined) {
        const { unreachable } = this
        if (unreachable === null) return
        this.#refuse(unreachable)
        continue
      }
      const due = next[0] as number
      const free = this.#freeSince[lane.slot] as number
      this.#schedule.advance()
      this.#worked = true
      now = this.clock()
      this.assign(lane, due, now)
      const part = this.#partAt(due)
      part.add(at.scheduled, 1)
      part.connectionWait.record(Math.max(0, free - due))
      part.sendLag.record(now - Math.max(free, due))
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

  #refuse(kind: ErrorKind): void {
    const part = this.#partAt(this.#schedule.next[0] as number)
    this.#schedule.advance()
    part.add(at.scheduled, 1)
    part.error(kind)
  }

  #tick = (): void => {
    if (!this.running) return
    const now = this.clock()
    if (this.#sleeping) this.#sleeping = false
    else if (this.#worked) this.#account(this.#turn[0] as number, now)
    this.#worked = false
    this.#turn[0] = now
    this.#pump(now)
    if (this.#over()) {
      this.finish()
      return
    }
    const gap = (this.#schedule.next[0] as number) - now
    if (gap < sleepBeyondNs) {
      this.#idle(now)
      setImmediate(this.#tick)
      return
    }
    if (this.#worked) this.#account(now, this.clock())
    this.#sleeping = true
    // After the last arrival only replies are awaited, and these wake the loop themselves.
    if (gap !== Number.POSITIVE_INFINITY) setTimeout(this.#tick, Math.floor((gap - wakeEarlyNs) / 1e6))
  }

  /** With no reply to wait for, the sockets need no look: waiting here makes less garbage than turns of the event loop do. */
  #idle(from: number): void {
    if (this.#worked || this.outstanding > 0) return
    const until = Math.min(this.#schedule.next[0] as number, from + longestIdleNs)
    let now = from
    while (now < until) now = this.clock()
    this.#turn[0] = now
    this.#pump(now)
  }

  #account(from: number, to: number): void {
    if (to <= this.measuredTo) this.#partAt(from).add(at.busyNs, to - from)
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
