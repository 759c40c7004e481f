/** Intended start, actual send (−1: never sent), end, send lag, and the first message of several (0: none). Nanoseconds of the loop's clock. */
const fields = 5
/** A thread sends less than this in the time between two readings, which is a second. */
const capacity = 2 ** 18
const headerBytes = 8

/** A request that ended. */
export interface Sample {
  due: number
  sent: number
  /** −1 − the place of its kind among the kinds of errors, of one that failed. */
  end: number
  lag: number
  first: number
}

/** What became of each request of one thread, in shared memory: the thread adds, and another one takes away what is new. */
export class Samples {
  readonly memory: SharedArrayBuffer
  /** How many were added, modulo 2³². */
  readonly #added: Uint32Array
  readonly #values: Float64Array
  #next = 0
  #read = 0

  constructor(memory = new SharedArrayBuffer(headerBytes + capacity * fields * Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory
    this.#added = new Uint32Array(memory, 0, 1)
    this.#values = new Float64Array(memory, headerBytes)
  }

  add(due: number, sent: number, end: number, lag: number, first: number): void {
    const values = this.#values
    const place = (this.#next & (capacity - 1)) * fields
    values[place] = due
    values[place + 1] = sent
    values[place + 2] = end
    values[place + 3] = lag
    values[place + 4] = first
    this.#next = (this.#next + 1) >>> 0
    Atomics.store(this.#added, 0, this.#next)
  }

  /** Calls `take` with each sample that was not read before; returns how many were overwritten unread. */
  read(take: (sample: Sample) => void): number {
    const end = Atomics.load(this.#added, 0)
    const lost = Math.max(0, ((end - this.#read) >>> 0) - capacity)
    this.#read = (this.#read + lost) >>> 0
    const values = this.#values
    for (; this.#read !== end; this.#read = (this.#read + 1) >>> 0) {
      const place = (this.#read & (capacity - 1)) * fields
      take({
        due: values[place] as number,
        sent: values[place + 1] as number,
        end: values[place + 2] as number,
        lag: values[place + 3] as number,
        first: values[place + 4] as number,
      })
    }
    return lost
  }
}
