import {
  defaultWindow,
  endStream,
  frameHeaderBytes,
  frameTypes,
  maxPayloadBytes,
  maxWindow,
  writeFrameHeader,
  writeStreamId,
} from './frames.ts'
import type { Outbox } from './outbox.ts'
import type { PeerSettings } from './peer-settings.ts'
import type { Frames, Opening, StreamRequest } from './request.ts'
import type { Http2Stream } from './stream.ts'

/** Writes the requests of a connection, within the windows that the peer opens. */
export class Uploads {
  readonly #outbox: Outbox
  readonly #peer: PeerSettings
  /** Bytes that the peer takes on the connection, and the most it has taken. */
  window = defaultWindow
  widest = defaultWindow
  #blocked: Http2Stream[] = []
  /** The request whose headers the peer's table holds. */
  #kept: StreamRequest | null = null
  /** The peer's table is not filled any more. */
  #tableUnused = false

  constructor(outbox: Outbox, peer: PeerSettings) {
    this.#outbox = outbox
    this.#peer = peer
  }

  /** Begins the request of a stream that has its id. */
  begin(stream: Http2Stream): void {
    const request = stream.request as StreamRequest
    const { atOnce } = request
    stream.blocked = false
    stream.allowed = atOnce
    stream.position = 0
    if (this.#peer.tableShrank) {
      this.#write(this.#unuseTable(request), stream.id)
      this.push(stream)
      return
    }
    const { headers, all } = this.#openingOf(request)
    if (all !== null && atOnce <= this.window && atOnce <= stream.window) {
      this.window -= atOnce
      stream.window -= atOnce
      stream.position = atOnce
      this.#write(all, stream.id)
    } else {
      this.#write(headers, stream.id)
      this.push(stream)
    }
  }

  /** One more message may leave. */
  next(stream: Http2Stream): void {
    const { total, message } = stream.request as StreamRequest
    if (stream.allowed === total) return
    stream.allowed += message.length
    if (!stream.blocked) this.push(stream)
  }

  /** Writes what the stream may send, the windows take and the outbox has room for; the rest later. */
  push(stream: Http2Stream): void {
    const { message, total } = stream.request as StreamRequest
    while (stream.position < stream.allowed) {
      const from = stream.position % message.length
      const size = Math.min(maxPayloadBytes, message.length - from, this.window, stream.window)
      if (size <= 0 || this.#outbox.full) {
        if (!stream.blocked) this.#blocked.push(stream)
        stream.blocked = true
        return
      }
      stream.position += size
      stream.window -= size
      this.window -= size
      const at = this.#outbox.reserve(frameHeaderBytes + size)
      const flags = stream.position === total ? endStream : 0
      const payload = writeFrameHeader(this.#outbox.bytes, at, size, frameTypes.data, flags, stream.id)
      message.copy(this.#outbox.bytes, payload, from, from + size)
    }
  }

  /**
   * Continues the streams that wait for a window or for room in the outbox, the longest wait first. Called once a read, not once
   * an update: a frame for each update would be as small as the update, and the peer's next updates smaller still.
   */
  resume(): void {
    const waiting = this.#blocked.length
    if (waiting === 0) return
    let n = 0
    for (; n < waiting && this.window > 0 && !this.#outbox.full; n++) {
      const stream = this.#blocked[n] as Http2Stream
      stream.blocked = false
      this.push(stream)
    }
    this.#blocked.splice(0, n)
  }

  /** The request of the stream is over. */
  drop(stream: Http2Stream): void {
    stream.blocked = false
    this.#blocked = this.#blocked.filter((one) => one !== stream)
  }

  /**
   * The window of a stream, or of the connection (null), is wider by so much. Returns whether that gives back what we sent, or
   * null when it is wider than allowed.
   */
  widen(stream: Http2Stream | null, increment: number): boolean | null {
    const of = stream ?? this
    of.window += increment
    if (of.window > maxWindow) return null
    if (of.window <= of.widest) return true
    of.widest = of.window
    return false
  }

  isUnfinished(stream: Http2Stream): boolean {
    return stream.position < (stream.request as StreamRequest).total
  }

  /** The peer reads header blocks in the order in which they are written. */
  #openingOf(request: StreamRequest): Opening {
    const { kept, plain } = request
    if (kept === null) return plain
    if (this.#kept === request) return kept.later
    if (this.#kept !== null || this.#tableUnused || kept.tableBytes > this.#peer.tableBytes) return plain
    this.#kept = request
    return kept.first
  }

  #unuseTable(request: StreamRequest): Frames {
    this.#peer.tableShrank = false
    this.#tableUnused = true
    this.#kept = null
    return request.tableUnused()
  }

  #write({ bytes, starts }: Frames, id: number): void {
    const at = this.#outbox.reserve(bytes.length)
    const into = this.#outbox.bytes
    into.set(bytes, at)
    for (let i = 0; i < starts.length; i++) writeStreamId(into, at + (starts[i] as number), id)
  }
}
