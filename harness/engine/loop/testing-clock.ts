import type { LoadClock, Timer } from './clock.ts'

interface Event {
  ns: number
  /** Among those of one moment, the first set is the first to happen. */
  number: number
  act: () => void
}

/** Before a moment that was slept for. */
const earlyNs = 50_000

/** Of the event loop, when nothing else in it takes time. */
const turnNs = 4000

/**
 * A clock for tests. Nothing takes time but waiting and turns of the event loop, and what is waited for comes at once: the same
 * load takes the same course every time.
 */
export class TestClock implements LoadClock {
  /** Milliseconds the event loop counts as at work; a test may set it. */
  active = 0
  #ns = 0
  #originNs = 0
  #numbers = 0
  /** In the order in which they happen. */
  readonly #events: Event[] = []
  readonly sleeps: boolean
  /** Milliseconds that it slept where nothing could wake it, and how often it was to be woken. */
  sleptMs = 0
  alarms = 0
  #alarm: Timer | undefined
  #soon: (() => void)[] = []
  /** How often it was asked for a next turn of the event loop. */
  turns = 0
  /** When the latest turn began. */
  #turnBegan = -1

  constructor(sleeps = false) {
    this.sleeps = sleeps
  }

  /** Milliseconds since it was made. */
  get elapsedMs(): number {
    return this.#ns / 1e6
  }

  startAt(originMs: number): void {
    this.#originNs = originMs * 1e6
  }

  now(): number {
    return this.#ns - this.#originNs
  }

  spinUntil(moment: Float64Array): void {
    this.#ns = Math.max(this.#ns, (moment[0] as number) + this.#originNs)
    moment[0] = this.now()
  }

  sleepUntil(moment: Float64Array): void {
    const ns = Math.max(0, (moment[0] as number) - this.now() - earlyNs)
    this.#ns += ns
    this.sleptMs += ns / 1e6
  }

  wakeBefore(moment: Float64Array, act: () => void): void {
    this.sleepOn()
    this.alarms++
    this.#alarm = this.after(((moment[0] as number) - this.now() - earlyNs) / 1e6, act)
  }

  sleepOn(): void {
    this.cancel(this.#alarm)
  }

  activeMs(): number {
    return this.active
  }

  after(ms: number, act: () => void): Timer {
    const event = { ns: this.#ns + ms * 1e6, number: this.#numbers++, act }
    const later = this.#events.findIndex(({ ns }) => ns > event.ns)
    this.#events.splice(later < 0 ? this.#events.length : later, 0, event)
    return event.number
  }

  cancel(timer: Timer | undefined): void {
    const i = this.#events.findIndex(({ number }) => number === timer)
    if (i >= 0) this.#events.splice(i, 1)
  }

  soon(act: () => void): void {
    this.turns++
    this.#soon.push(act)
  }

  /** Lets time pass until the promise is settled. Throws when nothing is left that could settle it. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let pending = true
    const settled = () => {
      pending = false
    }
    promise.then(settled, settled)
    for (;;) {
      // Continuations run first: a turn of the real event loop lets them, too.
      for (let i = 0; i < 5; i++) await undefined
      if (!pending) return promise
      this.#turn()
    }
  }

  #turn(): void {
    const next = this.#events[0]
    if (this.#soon.length > 0 && (next === undefined || next.ns > this.#ns)) {
      const acts = this.#soon
      this.#soon = []
      if (this.#ns === this.#turnBegan) this.#ns = Math.min(this.#ns + turnNs, next?.ns ?? Number.POSITIVE_INFINITY)
      this.#turnBegan = this.#ns
      for (const act of acts) act()
      return
    }
    if (next === undefined) throw new Error(`nothing happens after ${this.elapsedMs} ms`)
    this.#events.shift()
    this.#ns = Math.max(this.#ns, next.ns)
    next.act()
  }
}
