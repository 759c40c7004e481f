import { at } from '../../load/result/tally.ts'
import type { Lane } from '../lane.ts'
import type { Agenda } from './agenda.ts'
import type { LoadClock, Timer } from './clock.ts'
import type { Pacer, Sender } from './pacer.ts'

/** Further from its next request than this the loop sleeps; it wakes `wakeEarlyNs` before and spins. */
const sleepBeyondNs = 4e6
const wakeEarlyNs = 2e6
/** So long after a request left, replies are looked for without a sleep: waking up took up to 0.15 ms, which would be theirs. */
const attendNs = 4e6
/** Timers and closed connections wait at most this long. */
const longestIdleNs = 50_000
/** And replies this long: what it adds to a latency is half of it on average. */
const longestUnreadNs = 4000

/** A clock that sleeps is not asked to for less: to be woken takes 70 to 120 µs, and as much of a core as so long a spin. */
const shortestNapNs = 200_000
/** So long after a connection was opened, what comes in is looked for: a handshake has several turns. */
const openingNs = 100e6

/**
 * Requests leave at moments of an agenda. The loop spins from shortly before one until it is answered, and sleeps otherwise. With a
 * clock that sleeps it spins for the last of the time before a request only, and a reply wakes it.
 */
export class TimedPacer implements Pacer {
  readonly #sender: Sender
  readonly #clock: LoadClock
  readonly #agenda: Agenda
  /** `[0]` is when the agenda's next request is due. */
  readonly #next: Float64Array
  /** Whether anything was done in the present turn of the event loop. */
  #worked = false
  /** `[0]` is when the present turn of the event loop began. */
  readonly #turn = new Float64Array(1)
  /** `[0]` is what the loop sleeps for, −∞ when it is about to wake; −1 while it does not sleep. */
  readonly #wakes = Float64Array.of(-1)
  #timer: Timer | undefined
  #begun = false

  constructor(sender: Sender, agenda: Agenda) {
    this.#sender = sender
    this.#clock = sender.clock
    this.#agenda = agenda
    this.#next = agenda.next
  }

  begin(): void {
    this.#begun = true
    this.#turn[0] = this.#clock.now()
    this.#tick()
  }

  freed(lane: Lane, now: number): void {
    if (lane.state === 'closed' && this.#agenda.opensAhead) {
      this.#sender.reopen(lane)
      return
    }
    // A lane that is there when the load begins was free before, however late this thread is.
    this.#agenda.offer(lane, this.#begun ? now : 0)
    this.#offered(now)
  }

  spare(lane: Lane, now: number): void {
    this.#agenda.spare(lane, now)
    this.#offered(now)
  }

  tend(now: number): boolean {
    this.#sendDue(now)
    this.#agenda.giveUp(now)
    return this.#agenda.over(now)
  }

  stop(): void {
    this.#agenda.stop()
  }

  endNs(): number {
    return this.#agenda.endNs()
  }

  #offered(now: number): void {
    this.#worked = true
    this.#agenda.sendDue(now)
    if (this.#wakes[0] !== -1) this.#disturbed(now)
    if (this.#agenda.over(now)) this.#sender.finish()
  }

  #sendDue(now: number): void {
    if (this.#agenda.sendDue(now)) this.#worked = true
  }

  #tick = (): void => {
    if (!this.#sender.running) return
    const now = this.#clock.now()
    if (this.#wakes[0] !== -1) this.#wakes[0] = -1
    else if (this.#worked) this.#account(this.#turn[0] as number, now)
    this.#worked = false
    this.#turn[0] = now
    this.#sendDue(now)
    if (this.#agenda.over(now)) {
      this.#sender.finish()
      return
    }
    // A reply wakes the loop, and what waits too long is given up without it.
    const gap = this.#agenda.waits(now) ? Number.POSITIVE_INFINITY : (this.#next[0] as number) - now
    const long = gap >= sleepBeyondNs && !this.#attends(now)
    if (!long && !(this.#clock.sleeps && gap >= shortestNapNs)) {
      this.#idle()
      this.#clock.soon(this.#tick)
      return
    }
    if (this.#worked) this.#account(now, this.#clock.now())
    if (long) this.#sleep(now, gap)
    else this.#nap(now)
  }

  #attends(now: number): boolean {
    const { outstanding, lastLeft } = this.#sender
    return !this.#clock.sleeps && outstanding > 0 && now - (lastLeft[0] as number) < attendNs
  }

  /** Leaves the core to others. Where nothing can come in the thread sleeps right here, which takes half of what a turn of the event loop does. */
  #nap(now: number): void {
    const { outstanding, lastOpened } = this.#sender
    if (outstanding > 0 || now - (lastOpened[0] as number) < openingNs) {
      this.#wakes[0] = this.#next[0] as number
      this.#clock.wakeBefore(this.#next, this.#tick)
    } else {
      this.#wakes[0] = Number.NEGATIVE_INFINITY
      this.#clock.sleepUntil(this.#next)
      this.#clock.soon(this.#tick)
    }
  }

  #sleep(now: number, gap: number): void {
    this.#wakes[0] = now + gap
    // With nothing due only replies are awaited, and these wake the loop themselves.
    if (gap !== Number.POSITIVE_INFINITY)
      this.#timer = this.#clock.after(Math.max(0, Math.floor((gap - wakeEarlyNs) / 1e6)), this.#tick)
  }

  /** A reply came while the loop slept. What it made due may be earlier than what the loop sleeps for. */
  #disturbed(from: number): void {
    const now = this.#clock.now()
    this.#account(from, now)
    const next = this.#next[0] as number
    const gap = next - now
    const wakes = this.#wakes[0] as number
    // Where nothing is awaited any more there is a cheaper sleep until then.
    const naps = this.#clock.sleeps && this.#sender.outstanding === 0 && gap < sleepBeyondNs
    if (next > wakes || (next === wakes && !naps)) return
    this.#clock.sleepOn()
    this.#clock.cancel(this.#timer)
    if (gap >= sleepBeyondNs) this.#sleep(now, gap)
    else {
      this.#wakes[0] = Number.NEGATIVE_INFINITY
      this.#clock.soon(this.#tick)
    }
  }

  /**
   * Waits here while there is nothing to do. Each turn of the event loop makes garbage, whose collection is what delays requests: at
   * 10,000/s nine tenths of it came from turns that looked for a reply in vain.
   */
  #idle(): void {
    if (this.#worked) return
    const longest = this.#sender.outstanding > 0 ? longestUnreadNs : longestIdleNs
    this.#turn[0] = Math.min(this.#next[0] as number, (this.#turn[0] as number) + longest)
    this.#clock.spinUntil(this.#turn)
    this.#sendDue(this.#turn[0] as number)
  }

  #account(from: number, to: number): void {
    if (to <= this.#sender.measuredTo) this.#sender.partAt(from).add(at.busyNs, to - from)
  }
}
