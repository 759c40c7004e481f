import type { ErrorKind } from '../../load/result/tally.ts'

/** Which lanes could not be opened at the latest attempt. */
export class Refusals {
  /** By slot: 1 when the latest attempt failed. */
  readonly #refused: Uint8Array
  #count = 0
  #latest: ErrorKind = 'connect'

  constructor(slots: number) {
    this.#refused = new Uint8Array(slots)
  }

  add(slot: number, kind: ErrorKind): void {
    this.#set(slot, 1)
    this.#latest = kind
  }

  remove(slot: number): void {
    this.#set(slot, 0)
  }

  /** How attempts fail, while the latest one of every lane has failed; else null. */
  get ofAll(): ErrorKind | null {
    return this.#count === this.#refused.length ? this.#latest : null
  }

  /** How attempts fail, when this lane's latest one did; else null. */
  of(slot: number): ErrorKind | null {
    return this.#refused[slot] === 1 ? this.#latest : null
  }

  #set(slot: number, refused: 0 | 1): void {
    this.#count += refused - (this.#refused[slot] as number)
    this.#refused[slot] = refused
  }
}
