import { Alarm, type AlarmPlace } from '../alarm.ts'
import { wakeExactly } from '../timer-slack.ts'

/** A thread that sleeps is awake so long after the moment it asked for, nine times of ten. */
const wakingNs = 70_000
/** And an event loop that the alarm wakes, which sleeps itself. */
const ringingNs = 120_000

/** What a clock calls later: to be cancelled. */
export type Timer = NodeJS.Timeout | number

/** The time of one load. It is handed to the loop, so that a test can have its own. */
export interface LoadClock {
  /** Sets when the load begins, in milliseconds of `performance.now()`. Until then it counts from when it was made. */
  startAt(originMs: number): void
  /** Nanoseconds since the load began; negative before. */
  now(): number
  /**
   * Keeps the thread at work until `moment[0]`, in nanoseconds of `now`, and sets that to when it went on. A number that is passed
   * or returned would be one more on the heap with each turn of the event loop.
   */
  spinUntil(moment: Float64Array): void
  /** Whether the core is left to others until shortly before a moment, where that is long enough off. */
  readonly sleeps: boolean
  /** Sleeps until shortly before `moment[0]`; what comes in meanwhile is not seen. Of a clock that sleeps. */
  sleepUntil(moment: Float64Array): void
  /** Calls `act` in a turn of the event loop shortly before `moment[0]`, in place of what it was to call before. Of a clock that sleeps. */
  wakeBefore(moment: Float64Array, act: () => void): void
  /** Does not make that call any more. */
  sleepOn(): void
  /** Milliseconds that the event loop has been at work so far, and not asleep. */
  activeMs(): number
  /** Calls `act` once, so many milliseconds from now or a little later. */
  after(ms: number, act: () => void): Timer
  /** Does nothing when the timer's call has been made. */
  cancel(timer: Timer | undefined): void
  /** Calls `act` in the next turn of the event loop, when it has looked for what came in. */
  soon(act: () => void): void
}

/** The clock of this thread. A thread runs one loop and has one of these, so that V8 compiles `now` into its callers. */
export class ThreadClock implements LoadClock {
  /** `[0]` is the beginning. Typed: a field would be a new number on the heap with each assignment. */
  readonly #originMs = Float64Array.of(performance.now())
  readonly #alarm: Alarm | undefined
  /** Nobody changes it. */
  readonly #asleep = new Int32Array(new SharedArrayBuffer(4))

  /** With an alarm it is a clock that sleeps. It must be made in the thread that it is for. */
  constructor(alarm?: AlarmPlace) {
    if (alarm === undefined) return
    this.#alarm = new Alarm(alarm)
    wakeExactly()
  }

  get sleeps(): boolean {
    return this.#alarm !== undefined
  }

  startAt(originMs: number): void {
    this.#originMs[0] = originMs
  }

  now(): number {
    return (performance.now() - (this.#originMs[0] as number)) * 1e6
  }

  /** By itself, so that `now` is compiled into it: where it is called instead, each reading makes a number on the heap. */
  spinUntil(moment: Float64Array): void {
    const until = moment[0] as number
    let now = this.now()
    while (now < until) now = this.now()
    moment[0] = now
  }

  sleepUntil(moment: Float64Array): void {
    Atomics.wait(this.#asleep, 0, 0, Math.max(0, ((moment[0] as number) - this.now() - wakingNs) / 1e6))
  }

  wakeBefore(moment: Float64Array, act: () => void): void {
    this.#alarm?.setFor((this.#originMs[0] as number) + ((moment[0] as number) - ringingNs) / 1e6, act)
  }

  sleepOn(): void {
    this.#alarm?.turnOff()
  }

  activeMs(): number {
    return performance.eventLoopUtilization().active
  }

  after(ms: number, act: () => void): Timer {
    return setTimeout(act, ms)
  }

  cancel(timer: Timer | undefined): void {
    clearTimeout(timer)
  }

  soon(act: () => void): void {
    setImmediate(act)
  }
}
