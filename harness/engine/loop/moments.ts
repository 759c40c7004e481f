/** Slots in the order of their moments: a binary heap that allocates nothing. A slot is in it at most once. */
export class Moments {
  /** `[0]` is the earliest moment; Infinity when there is none. */
  readonly next = Float64Array.of(Number.POSITIVE_INFINITY)
  readonly #slots: Int32Array
  readonly #moments: Float64Array
  readonly #present: Uint8Array
  #size = 0

  constructor(capacity: number) {
    this.#slots = new Int32Array(capacity)
    this.#moments = new Float64Array(capacity)
    this.#present = new Uint8Array(capacity)
  }

  has(slot: number): boolean {
    return this.#present[slot] === 1
  }

  /** Adds a slot that is not in it. */
  push(slot: number, moment: number): void {
    this.#present[slot] = 1
    let i = this.#size++
    while (i > 0) {
      const parent = (i - 1) >> 1
      if ((this.#moments[parent] as number) <= moment) break
      this.#move(parent, i)
      i = parent
    }
    this.#put(i, slot, moment)
    this.next[0] = this.#moments[0] as number
  }

  /** Removes the slot of the earliest moment, and returns it. There must be one. */
  take(): number {
    const first = this.#slots[0] as number
    this.#present[first] = 0
    const size = --this.#size
    const slot = this.#slots[size] as number
    const moment = this.#moments[size] as number
    let i = 0
    for (let child = 1; child < size; child = 2 * i + 1) {
      if (child + 1 < size && (this.#moments[child + 1] as number) < (this.#moments[child] as number)) child++
      if ((this.#moments[child] as number) >= moment) break
      this.#move(child, i)
      i = child
    }
    this.#put(i, slot, moment)
    this.next[0] = size === 0 ? Number.POSITIVE_INFINITY : (this.#moments[0] as number)
    return first
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#slots[from] as number, this.#moments[from] as number)
  }

  #put(i: number, slot: number, moment: number): void {
    this.#slots[i] = slot
    this.#moments[i] = moment
  }
}
