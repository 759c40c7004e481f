import { frameHeaderBytes, maxPayloadBytes } from './frames.ts'

export interface FrameConsumer {
  /** Takes a frame whose payload begins at `at`. Returns false when nothing more is to be read. */
  frame(bytes: Buffer, at: number, length: number, type: number, flags: number, id: number): boolean
}

/** Cuts what a connection receives into frames, wherever the reads were split. A frame that comes in one piece is not copied. */
export class Http2FrameReader {
  readonly #consumer: FrameConsumer
  /** The beginning of a frame whose end has not come. */
  #kept: Buffer | null = null
  #keptLength = 0

  constructor(consumer: FrameConsumer) {
    this.#consumer = consumer
  }

  /** Returns false when a frame is larger than we allow. */
  feed(bytes: Buffer, length: number): boolean {
    let at = this.#keptLength === 0 ? 0 : this.#complete(bytes, length)
    while (at >= 0 && length - at >= frameHeaderBytes) {
      const size = sizeAt(bytes, at)
      if (size > maxPayloadBytes) return false
      if (length - at < frameHeaderBytes + size) break
      if (!this.#take(bytes, at, size)) return true
      at += frameHeaderBytes + size
    }
    if (at >= 0 && at < length) this.#keep(bytes, at, length)
    return at !== tooLarge
  }

  #take(bytes: Buffer, at: number, size: number): boolean {
    // The reserved bit before the id has no meaning.
    const id =
      (((bytes[at + 5] as number) & 0x7f) << 24) |
      ((bytes[at + 6] as number) << 16) |
      ((bytes[at + 7] as number) << 8) |
      (bytes[at + 8] as number)
    return this.#consumer.frame(
      bytes,
      at + frameHeaderBytes,
      size,
      bytes[at + 3] as number,
      bytes[at + 4] as number,
      id,
    )
  }

  /** Completes the kept frame. Returns where the next begins, `length` when it is still incomplete, below 0 when reading ends. */
  #complete(bytes: Buffer, length: number): number {
    let at = this.#fill(bytes, 0, length, frameHeaderBytes)
    if (this.#keptLength < frameHeaderBytes) return length
    const size = sizeAt(this.#kept as Buffer, 0)
    if (size > maxPayloadBytes) return tooLarge
    at = this.#fill(bytes, at, length, frameHeaderBytes + size)
    if (this.#keptLength < frameHeaderBytes + size) return length
    this.#keptLength = 0
    return this.#take(this.#kept as Buffer, 0, size) ? at : stopped
  }

  #keep(bytes: Buffer, at: number, length: number): void {
    this.#fill(bytes, at, length, length - at)
  }

  /** Keeps bytes until there are `wanted`. Returns where those that follow begin. */
  #fill(bytes: Buffer, at: number, length: number, wanted: number): number {
    const missing = Math.min(length - at, wanted - this.#keptLength)
    if (missing <= 0) return at
    const needed = this.#keptLength + missing
    if (this.#kept === null || this.#kept.length < needed) {
      const larger = Buffer.allocUnsafeSlow(Math.max(1024, 2 * needed))
      this.#kept?.copy(larger, 0, 0, this.#keptLength)
      this.#kept = larger
    }
    bytes.copy(this.#kept, this.#keptLength, at, at + missing)
    this.#keptLength = needed
    return at + missing
  }
}

const stopped = -1
const tooLarge = -2

const sizeAt = (bytes: Buffer, at: number) =>
  ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
