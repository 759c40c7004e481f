import type { BodySink } from './replies.ts'

const lf = 10
const cr = 13
const d = 100

/** Counts the server-sent events of one reply that carry data, from bytes split anywhere. */
export class EventCounter implements BodySink {
  count = 0
  #atLineStart = true
  /** One of the lines since the last empty one was data. No other field's name begins with a d. */
  #data = false

  begin(): void {
    this.count = 0
    this.#atLineStart = true
    this.#data = false
  }

  take(bytes: Buffer, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const byte = bytes[i]
      if (byte === cr) continue
      if (byte === lf) {
        if (this.#atLineStart && this.#data) {
          this.count++
          this.#data = false
        }
        this.#atLineStart = true
      } else if (this.#atLineStart) {
        if (byte === d) this.#data = true
        this.#atLineStart = false
      }
    }
  }
}
