import type { ErrorKind } from '../../load/result/tally.ts'
import { type FrameConsumer, Http2FrameReader } from './frame-reader.ts'
import {
  ack,
  endHeaders,
  endStream,
  frameHeaderBytes,
  frameTypes,
  maxWindow,
  padded,
  priority,
  readWord,
  writeFrameHeader,
} from './frames.ts'
import { HeaderBlock } from './header-block.ts'
import type { Outbox } from './outbox.ts'
import type { PeerSettings } from './peer-settings.ts'
import type { Http2Stream } from './stream.ts'
import type { StreamTable } from './stream-table.ts'
import type { Uploads } from './uploads.ts'

/** A window is renewed once so much was received. */
const renewAfterBytes = 2 ** 30
/** A peer that sends more frames in a row that are no part of a reply, nor give back what we sent, only keeps us busy. */
const maxIdleFrames = 10_000
/** Of a GOAWAY's payload, what may be shown. */
const longestDebug = 256

/** What a connection learns from its peer. */
export interface InboundOwner {
  readonly closed: boolean
  /** Settings have come, the first or later ones. The windows of open streams change by so much. */
  allowed(windowChange: number): void
  /** The reply has ended. */
  finished(stream: Http2Stream): void
  /** The reply is malformed. */
  malformed(stream: Http2Stream): void
  /** The peer has reset this stream. */
  wasReset(stream: Http2Stream, code: number): void
  /** A reply came for a stream that has ended. */
  late(id: number): void
  /** The peer takes no new stream, and replies to none above the last that it names. */
  goingAway(lastId: number, code: number, debug: string): void
  /** The connection has failed. */
  broken(kind: ErrorKind): void
}

/** Reads what a connection receives (RFC 9113), frame by frame, and acknowledges what the protocol wants acknowledged. */
export class Inbound implements FrameConsumer {
  /** The peer's settings have come. */
  ready = false
  readonly #owner: InboundOwner
  readonly #table: StreamTable
  readonly #peer: PeerSettings
  readonly #outbox: Outbox
  readonly #uploads: Uploads
  readonly #reader = new Http2FrameReader(this)
  readonly #block = new HeaderBlock()
  #idleFrames = 0
  #unacknowledged = 0

  constructor(owner: InboundOwner, table: StreamTable, peer: PeerSettings, outbox: Outbox, uploads: Uploads) {
    this.#owner = owner
    this.#table = table
    this.#peer = peer
    this.#outbox = outbox
    this.#uploads = uploads
  }

  feed(bytes: Buffer, length: number): void {
    if (!this.#reader.feed(bytes, length)) this.#owner.broken('protocol')
  }

  frame(bytes: Buffer, at: number, length: number, type: number, flags: number, id: number): boolean {
    const blockGoesOn = this.#block.id !== 0
    const fits =
      (this.ready || type === frameTypes.settings) &&
      (type === frameTypes.continuation) === blockGoesOn &&
      this.#idleFrames++ < maxIdleFrames &&
      this.#dispatch(bytes, at, length, type, flags, id)
    if (!fits) this.#owner.broken('protocol')
    return !this.#owner.closed
  }

  /** Returns false when such a frame is not allowed here. */
  #dispatch(bytes: Buffer, at: number, length: number, type: number, flags: number, id: number): boolean {
    switch (type) {
      case frameTypes.data:
        return this.#table.opened(id) && this.#data(bytes, at, length, flags, id)
      case frameTypes.headers:
        return this.#table.opened(id) && this.#headers(bytes, at, length, flags, id)
      case frameTypes.continuation:
        return id === this.#block.id && this.#continuation(bytes, at, length, flags)
      case frameTypes.settings:
        return id === 0 && this.#settings(bytes, at, length, flags)
      case frameTypes.ping:
        return id === 0 && length === 8 && this.#ping(bytes, at, flags)
      case frameTypes.windowUpdate:
        return length === 4 && this.#windowUpdate(readWord(bytes, at) & maxWindow, id)
      case frameTypes.rstStream:
        return length === 4 && this.#table.opened(id) && this.#rstStream(id, readWord(bytes, at))
      case frameTypes.goAway:
        return id === 0 && length >= 8 && this.#goAway(bytes, at, length)
      case frameTypes.priority:
        return length === 5 && id !== 0
      default:
        // Unknown frames are ignored. PUSH_PROMISE was not allowed.
        return type !== frameTypes.pushPromise
    }
  }

  #data(bytes: Buffer, at: number, length: number, flags: number, id: number): boolean {
    this.#unacknowledged += length
    if (this.#unacknowledged > renewAfterBytes) {
      this.#outbox.control(frameTypes.windowUpdate, 0, this.#unacknowledged)
      this.#unacknowledged = 0
    }
    let from = at
    let to = at + length
    if ((flags & padded) !== 0) {
      const padding = bytes[from++] as number
      to -= padding
      if (length === 0 || to < from) return false
    }
    const stream = this.#table.get(id)
    if (stream === null) {
      this.#owner.late(id)
      return true
    }
    this.#idleFrames = 0
    stream.bytes += frameHeaderBytes + length
    stream.unacknowledged += length
    const last = (flags & endStream) !== 0
    if (!stream.data(bytes, from, to, last)) this.#owner.malformed(stream)
    else if (last) this.#owner.finished(stream)
    else if (stream.unacknowledged > renewAfterBytes) {
      this.#outbox.control(frameTypes.windowUpdate, id, stream.unacknowledged)
      stream.unacknowledged = 0
    }
    return true
  }

  #headers(bytes: Buffer, at: number, length: number, flags: number, id: number): boolean {
    let from = at
    let to = at + length
    if ((flags & (padded | priority)) !== 0) {
      if ((flags & padded) !== 0) to -= length > 0 ? (bytes[from++] as number) : 1
      if ((flags & priority) !== 0) from += 5
      if (to < from) return false
    }
    const last = (flags & endStream) !== 0
    if ((flags & endHeaders) !== 0) {
      this.#reply(bytes, from, to, last, id)
      return true
    }
    this.#block.begin(id, last)
    return this.#block.add(bytes, from, to)
  }

  #continuation(bytes: Buffer, at: number, length: number, flags: number): boolean {
    if (!this.#block.add(bytes, at, at + length)) return false
    if ((flags & endHeaders) === 0) return true
    const { id, last } = this.#block
    const block = this.#block.end()
    this.#reply(block, 0, block.length, last, id)
    return true
  }

  #reply(bytes: Buffer, from: number, to: number, last: boolean, id: number): void {
    const stream = this.#table.get(id)
    if (stream === null) {
      this.#owner.late(id)
      return
    }
    this.#idleFrames = 0
    stream.bytes += frameHeaderBytes + to - from
    if (!stream.headers(bytes, from, to, last)) this.#owner.malformed(stream)
    else if (last) this.#owner.finished(stream)
  }

  #settings(bytes: Buffer, at: number, length: number, flags: number): boolean {
    if ((flags & ack) !== 0) return length === 0 && this.ready
    const windowBefore = this.#peer.initialWindow
    if (!this.#peer.read(bytes, at, length)) return false
    this.#outbox.control(frameTypes.settings, 0, null)
    this.ready = true
    this.#owner.allowed(this.#peer.initialWindow - windowBefore)
    return true
  }

  #ping(bytes: Buffer, at: number, flags: number): boolean {
    if ((flags & ack) !== 0) return true
    const to = this.#outbox.reserve(frameHeaderBytes + 8)
    const into = this.#outbox.bytes
    bytes.copy(into, writeFrameHeader(into, to, 8, frameTypes.ping, ack, 0), at, at + 8)
    return true
  }

  #windowUpdate(increment: number, id: number): boolean {
    if (increment === 0 || (id !== 0 && !this.#table.opened(id))) return false
    const stream = id === 0 ? null : this.#table.get(id)
    if (id !== 0 && stream === null) return true
    const returned = this.#uploads.widen(stream, increment)
    if (returned === true) this.#idleFrames--
    if (returned === null && stream !== null) this.#owner.malformed(stream)
    return returned !== null || stream !== null
  }

  #rstStream(id: number, code: number): boolean {
    const stream = this.#table.get(id)
    if (stream === null) return true
    this.#owner.wasReset(stream, code)
    return true
  }

  #goAway(bytes: Buffer, at: number, length: number): boolean {
    const debug = bytes.toString('utf8', at + 8, at + Math.min(length, longestDebug))
    this.#owner.goingAway(readWord(bytes, at) & maxWindow, readWord(bytes, at + 4), debug)
    return true
  }
}
