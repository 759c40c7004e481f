import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { ack, frameHeaderBytes, writeFrameHeader, writeWord } from './frames.ts'

/** Small, for loads of many connections; it grows to what a turn takes. */
const firstBytes = 1024
const nothing = new Uint8Array()
/** Uploads wait above this: what the kernel has not taken is not worth a copy yet. */
const enoughBytes = 262_144

/** Collects what a connection is to write in one turn of the event loop, and writes it at once. */
export class Outbox {
  /** Bytes that were handed to the socket so far. */
  left = 0
  readonly #socket: Socket
  readonly #emptied: () => void
  #bytes: Buffer = Buffer.allocUnsafeSlow(firstBytes)
  #length = 0
  /** For TLS, which never takes bytes at once: the buffer to collect in while the other is written. */
  #spare: Buffer | null
  /** The socket still holds bytes that the kernel has not taken. */
  #writing = false
  #scheduled = false

  /** `emptied` is called when all was handed over: there is room for more. */
  constructor(socket: Socket, emptied: () => void) {
    this.#socket = socket
    this.#emptied = emptied
    this.#spare = socket instanceof TLSSocket ? Buffer.allocUnsafeSlow(firstBytes) : null
  }

  /** Returns where `length` bytes may be written in `bytes`, which may be another buffer after each call. */
  reserve(length: number): number {
    const at = this.#length
    const needed = at + length
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, needed))
      this.#bytes.copy(larger, 0, 0, at)
      this.#bytes = larger
    }
    this.#length = needed
    return at
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  get full(): boolean {
    return this.#length >= enoughBytes
  }

  /** Where the next byte stands among all that are handed over. */
  get position(): number {
    return this.left + this.#length
  }

  /** Collects a frame of one word, or, without one, an empty acknowledgement. */
  control(type: number, id: number, word: number | null): void {
    const length = word === null ? 0 : 4
    const at = this.reserve(frameHeaderBytes + length)
    const payload = writeFrameHeader(this.#bytes, at, length, type, word === null ? ack : 0, id)
    if (word !== null) writeWord(this.#bytes, payload, word)
  }

  /** Writes at the end of the turn. */
  schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    process.nextTick(this.#flushLater)
  }

  flush(): void {
    if (this.#length === 0 || this.#writing || this.#socket.destroyed) return
    const taken = this.#bytes.subarray(0, this.#length)
    this.left += this.#length
    this.#length = 0
    if (this.#spare !== null) {
      const next = this.#spare
      this.#spare = this.#bytes
      this.#bytes = next
      this.#writing = true
      this.#socket.write(taken, this.#written)
    } else {
      this.#socket.write(taken)
      if (this.#socket.writableLength > 0) {
        this.#writing = true
        this.#bytes = Buffer.allocUnsafeSlow(firstBytes)
        this.#socket.write(nothing, this.#written)
      }
    }
    this.#emptied()
    if (this.#length > 0 && !this.#writing) this.schedule()
  }

  #flushLater = (): void => {
    this.#scheduled = false
    this.flush()
  }

  #written = (): void => {
    this.#writing = false
    this.flush()
  }
}
