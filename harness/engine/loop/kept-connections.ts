import { at, connectionsAt, type ErrorKind, type Tally } from '../../load/result/tally.ts'
import type { Lane } from '../lane.ts'

/** A server that closes a connection so soon, which had no reply, did not let it in, unless it closes as soon what it did let in. */
const shortestStayNs = 100e6
/** So soon after a reply, a close is part of it. */
const shortestIdleNs = 5e6

/** Which of a load's connections were had, which failed, and which are open at its end. Moments are nanoseconds of the loop's clock. */
export class KeptConnections {
  readonly #lanes: readonly Lane[]
  readonly #lanesPerConnection: number
  readonly #tally: Tally
  /** By slot: 1 when a connection was had: it stayed, or one before the present one had a reply. */
  readonly #had: Uint8Array
  /** By slot: 1 when the present connection, or the latest, had a reply. */
  readonly #answered: Uint8Array
  /** By slot: since when the connection is being opened, or is open; NaN before the first. */
  readonly #since: Float64Array
  /** By slot: how many connections were closed soon, without a reply, and the longest of their stays. */
  readonly #early: Uint32Array
  readonly #stays: Float64Array
  /** After how long a connection that had a reply was closed for being idle, at the least, with its last request. */
  #idleLimit = Number.POSITIVE_INFINITY

  constructor(lanes: readonly Lane[], lanesPerConnection: number, tally: Tally) {
    this.#lanes = lanes
    this.#lanesPerConnection = lanesPerConnection
    this.#tally = tally
    this.#had = new Uint8Array(lanes.length)
    this.#answered = new Uint8Array(lanes.length)
    this.#early = new Uint32Array(lanes.length)
    this.#stays = new Float64Array(lanes.length)
    this.#since = new Float64Array(lanes.length).fill(Number.NaN)
  }

  /** The clock counts from another moment by now, so much earlier. */
  shift(ns: number): void {
    for (let slot = 0; slot < this.#since.length; slot++) this.#since[slot] = (this.#since[slot] as number) + ns
  }

  /** Since when the connection is being opened. */
  since(slot: number): number {
    return this.#since[slot] as number
  }

  /** It is begun to be opened, or is open. */
  begun(slot: number, now: number): void {
    if (this.#answered[slot] === 1) this.#had[slot] = 1
    this.#answered[slot] = 0
    this.#since[slot] = now
  }

  /** It had a reply. The loop does this for each: a moment would be one more number on the heap. */
  replied(slot: number): void {
    this.#answered[slot] = 1
  }

  /** It was had, as what became of its request shows. */
  had(slot: number): void {
    this.#had[slot] = 1
  }

  /** The peer closed it, at `now`. `idleFrom`: when its last request left; NaN while that is under way. */
  closed(slot: number, now: number, idleFrom: number): void {
    const stay = now - (this.#since[slot] as number)
    if (stay >= shortestStayNs) this.#had[slot] = 1
    const idle = now - idleFrom
    if (this.#answered[slot] === 1 && idle >= shortestIdleNs) this.#idleLimit = Math.min(this.#idleLimit, idle)
    const lanes = this.#sharing(slot)
    if (lanes.some((one) => this.#wasHad(one.slot)) || lanes.some(({ state }) => state !== 'closed')) return
    this.#early[slot] = (this.#early[slot] as number) + 1
    this.#stays[slot] = Math.max(this.#stays[slot] as number, stay)
  }

  /** It could not be opened. Where lanes share a connection, the last of them to be lost counts it. */
  failed(slot: number, kind: ErrorKind): void {
    if (this.#sharing(slot).every(({ state }) => state === 'closed')) this.#tally.measured.add(connectionsAt[kind], 1)
  }

  /** The load is over: notes how many there were. */
  note(): void {
    const { measured } = this.#tally
    for (let first = 0; first < this.#lanes.length; first += this.#lanesPerConnection) {
      const lanes = this.#sharing(first)
      const open = lanes.some(({ state }) => state === 'free' || state === 'busy')
      for (const { slot } of lanes) this.#judgeEarly(slot)
      // What was to be opened later than the load ended is not missing.
      if (lanes.every(({ slot }) => Number.isNaN(this.#since[slot]))) continue
      measured.add(at.keptAsked, 1)
      if (open || lanes.some(({ slot }) => this.#wasHad(slot))) measured.add(at.keptHad, 1)
      if (open) measured.add(at.keptOpen, 1)
    }
  }

  /** What was closed as soon as connections that had replies, once these were idle, was let in as they were. Moments are not exact: half of it will do. */
  #judgeEarly(slot: number): void {
    const early = this.#early[slot] as number
    if (early === 0) return
    if ((this.#stays[slot] as number) >= this.#idleLimit / 2) {
      this.#had[slot] = 1
      return
    }
    this.#tally.noteWords('closed', 'it ended within 100 ms, without a reply')
    this.#tally.measured.add(connectionsAt.closed, early)
  }

  #wasHad(slot: number): boolean {
    return this.#had[slot] === 1 || this.#answered[slot] === 1
  }

  /** The lanes on the connection of this one, itself included. */
  #sharing(slot: number): readonly Lane[] {
    const first = slot - (slot % this.#lanesPerConnection)
    return this.#lanes.slice(first, first + this.#lanesPerConnection)
  }
}
