/** First in, first out. A slot is in it at most once. */
export class FreeSlots {
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

  /** Removes the first slot and returns it; −1 when there is none. */
  take(): number {
    if (this.#length === 0) return -1
    const slot = this.#ring[this.#head] as number
    this.#head = (this.#head + 1) % this.#ring.length
    this.#length--
    this.#present[slot] = 0
    return slot
  }
}
