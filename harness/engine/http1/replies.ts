import { Http1ReplyHead, malformedHead } from './head.ts'

/** What the bytes so far amount to: the reply goes on, has ended, or is no HTTP/1.x reply. */
export const replyStates = { more: 0, done: 1, malformed: 2 } as const
export type ReplyState = (typeof replyStates)[keyof typeof replyStates]
const { more, done, malformed } = replyStates

const maxHeadBytes = 262_144
const firstStashBytes = 16_384
const maxSizeDigits = 12

const head = 0
const fixed = 1
const untilClose = 2
const chunkSize = 3
const chunkExtension = 4
const chunkSizeEnd = 5
const chunkData = 6
const chunkDataEnd = 7
const chunkNext = 8
const trailer = 9
const trailerLine = 10
const lastLineEnd = 11

const lf = 10
const cr = 13

/** Receives a reply's body in pieces. Without a sink, bodies are skipped. */
export interface BodySink {
  begin(): void
  take(bytes: Buffer, from: number, to: number): void
}

/**
 * Reads the replies of one connection (RFC 9112, no pipelining) from bytes split anywhere. Bodies are not kept.
 * A reply whose head comes in one piece allocates nothing.
 */
export class ReplyParser {
  /** Status of the latest reply whose head has ended. */
  status = 0
  /** Whether the connection may carry another request after this reply. */
  reusable = true
  /** More came with the latest reply than belongs to it. */
  surplus = false
  /** The next reply has no body, whatever its head says: the request was HEAD. */
  bodiless = false
  readonly #head = new Http1ReplyHead()
  readonly #sink: BodySink | null
  #mode = head
  #remaining = 0
  #framingBytes = 0
  #stash: Buffer | null = null
  #stashed = 0
  #fault = ''

  constructor(sink: BodySink | null = null) {
    this.#sink = sink
  }

  /** Ready for the first reply of a new connection. */
  reset(): void {
    this.#mode = head
    this.#stashed = 0
    this.#fault = ''
    this.#head.fault = ''
    this.reusable = true
    this.surplus = false
  }

  /** Why the latest reply is malformed; empty where its bytes say it best. */
  get fault(): string {
    return this.#fault || this.#head.fault
  }

  /** Takes the next bytes. Bytes beyond the reply's end leave the connection unfit for reuse. */
  feed(bytes: Buffer, length: number): ReplyState {
    let at = 0
    if (this.#mode === head) {
      do {
        at = this.#stashed === 0 ? this.#wholeHead(bytes, at, length) : this.#splitHead(bytes, at, length)
        if (at === malformedHead) return malformed
        if (this.#stashed > 0) return more
        // Interim replies (1xx) come before the one that counts.
      } while (this.#head.status < 200 && at < length)
      if (this.#head.status < 200) return more
      if (this.#startBody()) return this.#finish(at, length)
    }
    if (this.#mode === fixed) {
      const available = length - at
      this.#sink?.take(bytes, at, at + Math.min(available, this.#remaining))
      if (available < this.#remaining) {
        this.#remaining -= available
        return more
      }
      return this.#finish(at + this.#remaining, length)
    }
    if (this.#mode !== untilClose) return this.#chunks(bytes, at, length)
    this.#sink?.take(bytes, at, length)
    return more
  }

  /** The peer has closed. Returns `done` when that is what ends the reply. */
  endOfStream(): ReplyState {
    return this.#mode === untilClose ? done : more
  }

  #finish(at: number, length: number): ReplyState {
    this.#mode = head
    if (at < length) {
      this.reusable = false
      this.surplus = true
    }
    return done
  }

  #wholeHead(bytes: Buffer, at: number, length: number): number {
    const end = this.#head.parse(bytes, at, length)
    return end === 0 ? this.#keep(bytes, at, length) : end
  }

  #keep(bytes: Buffer, at: number, length: number): number {
    if (this.#stashed + length - at > maxHeadBytes) return this.#tooLong()
    const needed = this.#stashed + length - at
    if (this.#stash === null || this.#stash.length < needed) {
      const larger = Buffer.allocUnsafe(Math.max(firstStashBytes, 2 * needed))
      this.#stash?.copy(larger, 0, 0, this.#stashed)
      this.#stash = larger
    }
    this.#stash.set(bytes.subarray(at, length), this.#stashed)
    this.#stashed = needed
    return length
  }

  #splitHead(bytes: Buffer, at: number, length: number): number {
    const before = this.#stashed
    const fits = Math.min(length, at + maxHeadBytes - before)
    this.#keep(bytes, at, fits)
    const end = this.#head.parse(this.#stash as Buffer, 0, this.#stashed)
    if (end === 0) return fits < length ? this.#tooLong() : length
    this.#stashed = 0
    return end === malformedHead ? end : at + end - before
  }

  #tooLong(): number {
    this.#fault = `its head is longer than ${maxHeadBytes} bytes`
    return malformedHead
  }

  /** Chooses how the body ends (RFC 9112 section 6.3). Returns true when there is no body. */
  #startBody(): boolean {
    const { status, chunked, coded, contentLength } = this.#head
    this.status = status
    this.#sink?.begin()
    this.reusable = this.#head.persistent && !(coded && contentLength >= 0)
    if (this.bodiless || status === 204 || status === 304) return true
    if (chunked) {
      this.#mode = chunkSize
      this.#remaining = 0
      this.#framingBytes = 0
    } else if (coded || contentLength < 0) {
      this.#mode = untilClose
      this.reusable = false
    } else {
      this.#mode = fixed
      this.#remaining = contentLength
    }
    return false
  }

  #chunks(bytes: Buffer, from: number, length: number): ReplyState {
    let at = from
    while (at < length) {
      if (this.#mode === chunkData) {
        const available = length - at
        this.#sink?.take(bytes, at, at + Math.min(available, this.#remaining))
        if (available < this.#remaining) {
          this.#remaining -= available
          return more
        }
        at += this.#remaining
        this.#mode = chunkDataEnd
      } else {
        const byte = bytes[at++] as number
        if (!this.#framing(byte)) {
          this.#fault = 'its chunks are malformed'
          return malformed
        }
        if (this.#mode === head) return this.#finish(at, length)
      }
    }
    return more
  }

  /** One byte of a chunked body that is not data. Returns false when it is malformed. */
  #framing(byte: number): boolean {
    this.#framingBytes++
    switch (this.#mode) {
      case chunkSize: {
        const digit = hexDigit(byte)
        if (digit >= 0) {
          this.#remaining = this.#remaining * 16 + digit
          return this.#framingBytes <= maxSizeDigits
        }
        if (this.#framingBytes === 1) return false
        if (byte === lf) return this.#sizeKnown()
        this.#mode = byte === cr ? chunkSizeEnd : chunkExtension
        return byte === cr || byte === 0x3b || byte === 0x20 || byte === 0x09
      }
      case chunkExtension:
        return byte === lf ? this.#sizeKnown() : this.#framingBytes <= maxHeadBytes
      case chunkSizeEnd:
        return byte === lf && this.#sizeKnown()
      case chunkDataEnd:
        this.#mode = byte === cr ? chunkNext : chunkSize
        this.#framingBytes = 0
        this.#remaining = 0
        return byte === cr || byte === lf
      case chunkNext:
        this.#mode = chunkSize
        this.#framingBytes = 0
        return byte === lf
      case trailer:
        this.#mode = byte === cr ? lastLineEnd : byte === lf ? head : trailerLine
        return true
      case trailerLine:
        if (byte === lf) this.#mode = trailer
        return this.#framingBytes <= maxHeadBytes
      default:
        this.#mode = head
        return byte === lf
    }
  }

  #sizeKnown(): boolean {
    this.#mode = this.#remaining === 0 ? trailer : chunkData
    this.#framingBytes = 0
    return true
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 0x20
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
