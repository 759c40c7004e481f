import { wakeExactly } from './timer-slack.ts'

/** Of the alarm itself: what it waits on, and the moment that it sleeps until. */
const bell = 0
const until = 1
const ownCells = 2
/** Of each load thread: what it has set, for which moment, and what its event loop waits on, which never changes. */
const state = 0
const moment = 1
const ear = 2
const cellsEach = 3
/** States. */
const off = 0
const set = 1
const rung = 2

/** As good as for ever, in microseconds: differences of moments are right up to 35 minutes. */
const longUs = 2 ** 30

/** What the alarm shares with so many load threads. */
export const alarmMemory = (threads: number) => new SharedArrayBuffer(4 * (ownCells + cellsEach * threads))

/** Of a load thread: where its alarm is, and its number there. */
export interface AlarmPlace {
  memory: SharedArrayBuffer
  thread: number
}

/**
 * A load thread's side of the alarm. A timer of the event loop is a whole number of milliseconds, and asking the clock takes a core; this wakes
 * the loop in the middle of a millisecond, while what comes in wakes it as ever.
 */
export class Alarm {
  readonly #cells: Int32Array
  readonly #own: number
  readonly #toUs = commonClock()
  #act: () => void = () => {}

  constructor({ memory, thread }: AlarmPlace) {
    this.#cells = new Int32Array(memory)
    this.#own = ownCells + cellsEach * thread
    this.#listen()
  }

  /** Calls `act` once, in a turn of the event loop, when `performance.now()` is `ms` or a little later. What was set before is forgotten. */
  setFor(ms: number, act: () => void): void {
    this.#act = act
    const cells = this.#cells
    const us = this.#toUs(ms)
    Atomics.store(cells, this.#own + moment, us)
    Atomics.store(cells, this.#own + state, set)
    // To wake the alarm takes about as much as what it saves: mostly it sleeps for something earlier, and looks for more then.
    if (((Atomics.load(cells, until) - us) | 0) <= 0) return
    Atomics.add(cells, bell, 1)
    Atomics.notify(cells, bell)
  }

  turnOff(): void {
    Atomics.store(this.#cells, this.#own + state, off)
  }

  #listen(): void {
    const heard = Atomics.waitAsync(this.#cells, this.#own + ear, 0)
    if (heard.async) heard.value.then(this.#heard)
  }

  #heard = (): void => {
    // First: what rings from here on is heard again.
    this.#listen()
    if (Atomics.compareExchange(this.#cells, this.#own + state, rung, off) === rung) this.#act()
  }
}

/** The alarm: sleeps in a thread of its own until the next moment that a load thread has set. It never returns. */
export function ringAlarms(memory: SharedArrayBuffer): never {
  wakeExactly()
  const cells = new Int32Array(memory)
  const toUs = commonClock()
  for (;;) {
    const heard = Atomics.load(cells, bell)
    const now = toUs(performance.now())
    const nextUs = ringDue(cells, now)
    Atomics.store(cells, until, (now + nextUs) | 0)
    // Who set an earlier moment before that was stored did not ring the bell. Later than it says the alarm must not wake.
    Atomics.wait(cells, bell, heard, Math.min(nextUs, ringDue(cells, now)) / 1000)
  }
}

/** Wakes the threads whose moment has come. Returns how many microseconds it is to the next. */
function ringDue(cells: Int32Array, now: number): number {
  let nextUs = longUs
  for (let own = ownCells; own < cells.length; own += cellsEach) {
    if (Atomics.load(cells, own + state) !== set) continue
    const leftUs = (Atomics.load(cells, own + moment) - now) | 0
    if (leftUs > 0) nextUs = Math.min(nextUs, leftUs)
    else if (Atomics.compareExchange(cells, own + state, set, rung) === set) Atomics.notify(cells, own + ear)
  }
  return nextUs
}

/** Returns what makes of `performance.now()` the microseconds of a clock that all threads have in common, modulo 2³². */
function commonClock(): (ms: number) => number {
  // The first reading of a clock takes milliseconds.
  performance.now()
  process.hrtime.bigint()
  const offsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now()
  return (ms) => ((ms + offsetMs) * 1000) | 0
}
