import { at, connectionsAt, type ErrorKind, type Tally } from '../../load/result/tally.ts'
import type { Lane } from '../lane.ts'

/** A server that closes a connection so soon, which had no reply, did not let it in, unless it closes what is idle as soon. */
const shortestStayNs = 100e6

/** Which of a load's connections were had, which failed, and which are open at its end. Moments are nanoseconds of the loop's clock. */
export class KeptConnections {
  readonly #lanes: readonly Lane[]
  readonly #lanesPerConnection: number
  readonly #tally: Tally
  /** By slot: 1 when a connection was had: it stayed, or had a reply. */
  readonly #had: Uint8Array
  /** By slot: since when the connection is being opened, or is open; NaN before the first. */
  readonly #since: Float64Array

  constructor(lanes: readonly Lane[], lanesPerConnection: number, tally: Tally) {
    this.#lanes = lanes
    this.#lanesPerConnection = lanesPerConnection
    this.#tally = tally
    this.#had = new Uint8Array(lanes.length)
    this.#since = new Float64Array(lanes.length).fill(Number.NaN)
  }

  /** The clock counts from another moment by now, so much earlier. */
  shift(ns: number): void {
    for (let slot = 0; slot < this.#since.length; slot++) this.#since[slot] = (this.#since[slot] as number) + ns
  }

  /** Since when the connection is being opened, or is open. */
  since(slot: number): number {
    return this.#since[slot] as number
  }

  /** It is begun to be opened, or is open. */
  begun(slot: number, now: number): void {
    this.#since[slot] = now
  }

  /** It was had, as it had a reply. */
  had(slot: number): void {
    this.#had[slot] = 1
  }

  /** The peer closed it. */
  closed(slot: number, now: number): void {
    if (now - (this.#since[slot] as number) >= shortestStayNs) this.#had[slot] = 1
    if (this.#sharing(slot).some((one) => this.#had[one.slot] === 1)) return
    this.#tally.noteWords('closed', 'it ended within 100 ms, without a reply')
    this.failed(slot, 'closed')
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
      // What was to be opened later than the load ended is not missing.
      if (lanes.every(({ slot }) => Number.isNaN(this.#since[slot]))) continue
      measured.add(at.keptAsked, 1)
      if (open || lanes.some(({ slot }) => this.#had[slot] === 1)) measured.add(at.keptHad, 1)
      if (open) measured.add(at.keptOpen, 1)
    }
  }

  /** The lanes on the connection of this one, itself included. */
  #sharing(slot: number): readonly Lane[] {
    const first = slot - (slot % this.#lanesPerConnection)
    return this.#lanes.slice(first, first + this.#lanesPerConnection)
  }
}
