import { at, type Part, type Tally } from '../../load/result/tally.ts'
import type { Lane } from '../lane.ts'
import { Loop, type LoopSpec } from './loop.ts'

/** Further from its next request than this the loop sleeps; it wakes `wakeEarlyNs` before and spins. */
const sleepBeyondNs = 4e6
const wakeEarlyNs = 2e6
/** So long after a request left, replies are looked for without a sleep: waking up took up to 0.15 ms, which would be theirs. */
const attendNs = 4e6
/** Timers and closed connections wait at most this long. */
const longestIdleNs = 50_000
/** And replies this long: what it adds to a latency is half of it on average. */
const longestUnreadNs = 4000

/** A loop whose requests are due at certain moments: it spins from shortly before the next one until it is answered, and sleeps otherwise. */
export abstract class TimedLoop extends Loop {
  /** `[0]` is when the next request is due; Infinity when none is. */
  protected readonly next: Float64Array
  protected worked = false
  /** `[0]` is when the present turn of the event loop began. */
  readonly #turn = new Float64Array(1)
  /** `[0]` is what the loop sleeps for, −∞ when it is about to wake; −1 while it does not sleep. */
  readonly #wakes = Float64Array.of(-1)
  /** `[0]` is when a request left last. */
  readonly #sent = new Float64Array(1)
  #timer: NodeJS.Timeout | undefined

  constructor(spec: LoopSpec, tally: Tally, next: Float64Array) {
    super(spec, tally)
    this.next = next
  }

  /** Sends what is due, as far as connections are free. */
  protected abstract pump(now: number): void
  /** Whether everything that was to be sent has ended. */
  protected abstract over(now: number): boolean
  /** Takes note that a connection is free for its next request. */
  protected abstract offer(lane: Lane, now: number): void

  /** When what is to be sent ends by its number; the end of the measured part otherwise. */
  protected abstract endNs(): number

  protected begin(): void {
    this.#turn[0] = this.clock()
    this.#tick()
  }

  protected ready(lane: Lane): void {
    this.freed(lane, this.clock())
  }

  protected freed(lane: Lane, now: number): void {
    if (lane.state === 'closed' && this.reopens) {
      this.reopen(lane)
      return
    }
    this.offer(lane, now)
    this.worked = true
    this.pump(now)
    if (this.#wakes[0] !== -1) this.#disturbed(now)
    if (this.over(now)) this.finish()
  }

  /** Whether a closed connection is opened before it has its next request. */
  protected get reopens(): boolean {
    return this.spec.keepAlive
  }

  protected partOf(slot: number): Part {
    return this.partAt(this.due[slot] as number)
  }

  protected partAt(due: number): Part {
    return this.tally.part(due >= this.measuredFrom)
  }

  protected override finish(): void {
    const end = this.endNs()
    if (end < this.measuredTo) this.tally.measured.counters[at.endNs] = end - this.measuredFrom
    super.finish()
  }

  /** Takes note of how far behind the schedule is, with the next arrival due at `due`. */
  protected behind(due: number, now: number): void {
    this.tally.measured.counters[at.behindNs] = Math.max(0, now - due)
  }

  /** Sends the request due at `due` on a connection that was free since `free`. Answers the moment. */
  protected launch(lane: Lane, due: number, free: number): number {
    this.worked = true
    const now = this.clock()
    this.assign(lane, due, now)
    this.#sent[0] = now
    const part = this.partAt(due)
    part.add(at.scheduled, 1)
    part.connectionWait.record(Math.max(0, free - due))
    part.sendLag.record(now - Math.max(free, due))
    return now
  }

  #tick = (): void => {
    if (!this.running) return
    const now = this.clock()
    if (this.#wakes[0] !== -1) this.#wakes[0] = -1
    else if (this.worked) this.#account(this.#turn[0] as number, now)
    this.worked = false
    this.#turn[0] = now
    this.pump(now)
    if (this.over(now)) {
      this.finish()
      return
    }
    const gap = (this.next[0] as number) - now
    if (gap < sleepBeyondNs || (this.outstanding > 0 && now - (this.#sent[0] as number) < attendNs)) {
      this.#idle(now)
      setImmediate(this.#tick)
      return
    }
    if (this.worked) this.#account(now, this.clock())
    this.#sleep(now, gap)
  }

  #sleep(now: number, gap: number): void {
    this.#wakes[0] = now + gap
    // With nothing due only replies are awaited, and these wake the loop themselves.
    if (gap !== Number.POSITIVE_INFINITY)
      this.#timer = setTimeout(this.#tick, Math.max(0, Math.floor((gap - wakeEarlyNs) / 1e6)))
  }

  /** A reply came while the loop slept. What it made due may be earlier than what the loop sleeps for. */
  #disturbed(from: number): void {
    const now = this.clock()
    this.#account(from, now)
    const next = this.next[0] as number
    if (next >= (this.#wakes[0] as number)) return
    clearTimeout(this.#timer)
    if (next - now >= sleepBeyondNs) this.#sleep(now, next - now)
    else {
      this.#wakes[0] = Number.NEGATIVE_INFINITY
      setImmediate(this.#tick)
    }
  }

  /**
   * Waits here while there is nothing to do. Each turn of the event loop makes garbage, whose collection is what delays requests: at
   * 10,000/s nine tenths of it came from turns that looked for a reply in vain.
   */
  #idle(from: number): void {
    if (this.worked) return
    const longest = this.outstanding > 0 ? longestUnreadNs : longestIdleNs
    this.#spin(Math.min(this.next[0] as number, from + longest))
    this.pump(this.#turn[0] as number)
  }

  /** By itself, so that the clock is compiled into it: where it is called instead, each reading makes a number on the heap. */
  #spin(until: number): void {
    let now = this.clock()
    while (now < until) now = this.clock()
    this.#turn[0] = now
  }

  #account(from: number, to: number): void {
    if (to <= this.measuredTo) this.partAt(from).add(at.busyNs, to - from)
  }
}
