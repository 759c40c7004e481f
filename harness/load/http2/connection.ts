import type { Socket } from 'node:net'
import type { ErrorKind } from '../tally.ts'
import { FrameReader, type FrameTaker } from './frame-reader.ts'
import {
  ack,
  endHeaders,
  endStream,
  errors,
  frameHeaderBytes,
  maxWindow,
  padded,
  preface,
  priority,
  readWord,
  types,
  writeFrameHeader,
  writeWord,
} from './frames.ts'
import { Outbox } from './outbox.ts'
import { PeerSettings } from './peer-settings.ts'
import type { StreamRequest } from './request.ts'
import { openSocket, type SocketOwner } from './socket.ts'
import type { Stream } from './stream.ts'
import { StreamTable } from './stream-table.ts'
import { Uploads } from './uploads.ts'

/** How long a connection that will not be used again waits for the peer to close it first. */
const lingerMs = 1000
const maxBlockBytes = 65_536
/** Received since the peer was last told to go on, when it is told again. */
const renewAfterBytes = 2 ** 30
/** Frames in a row that bring no reply further: a peer that sends more only keeps us busy. */
const maxIdleFrames = 10_000

export interface Http2Target {
  host: string
  port: number
  request: StreamRequest
  /** Streams that share a connection. */
  streams: number
  /** What is read: all connections of a thread share it, since each read is parsed at once. */
  buffer: Buffer
}

/** One place of the load's set of connections, for the streams that share it: a connection at a time. */
export class ConnectionPlace {
  readonly #target: Http2Target
  #current: Connection | null = null

  constructor(target: Http2Target) {
    this.#target = target
  }

  join(stream: Stream): void {
    if (this.#current === null || this.#current.spent) this.#current = new Connection(this.#target)
    this.#current.attach(stream)
  }
}

/** A connection of HTTP/2 (RFC 9113) with prior knowledge, and the streams that are on it. */
export class Connection implements SocketOwner, FrameTaker {
  /** It takes no stream any more: the peer said so, or it was given up. */
  spent = false
  readonly table: StreamTable
  readonly #target: Http2Target
  readonly #socket: Socket
  readonly #outbox: Outbox
  readonly #uploads: Uploads
  readonly #reader = new FrameReader(this)
  readonly #peer = new PeerSettings()
  readonly #streams: Stream[] = []
  #waiting: Stream[] = []
  #active = 0
  #closed = false
  /** The peer has said what it allows. */
  #ready = false
  #reading = false
  /** How often it was heard of. */
  #heard = 0
  #idleFrames = 0
  #unacknowledged = 0
  /** The stream whose header block goes on in CONTINUATION; 0 when none does. */
  #blockOf = 0
  #blockEnds = false
  #block: Buffer[] = []
  #blockBytes = 0

  constructor(target: Http2Target) {
    this.#target = target
    this.table = new StreamTable(target.streams)
    this.#socket = openSocket(target, target.buffer, this)
    this.#outbox = new Outbox(this.#socket)
    this.#uploads = new Uploads(target.request, this.#outbox)
  }

  attach(stream: Stream): void {
    stream.connection = this
    this.#streams.push(stream)
    if (!this.#ready) return
    // Not from within: opening one stream may open the next.
    process.nextTick(() => {
      if (stream.connection === this && stream.state === 'connecting') stream.opened()
    })
  }

  send(stream: Stream): void {
    if (this.#active >= this.#peer.maxStreams) {
      stream.waiting = true
      this.#waiting.push(stream)
    } else this.#start(stream)
  }

  /** Sends the stream's next message, where there is one. */
  sendNext(stream: Stream): void {
    this.#uploads.next(stream)
    this.#written()
  }

  /** Ends the stream at once. */
  abort(stream: Stream): void {
    // A connection that is silent since the request left may be dead: others are not to try it.
    if (stream.id !== 0 && stream.heardBefore === this.#heard) this.spent = true
    if (stream.id !== 0) this.#reset(stream)
    this.#detach(stream)
    if (this.#streams.length === 0) this.#close()
    else this.#startWaiting()
  }

  /** Gives the connection up once its streams are through. */
  retire(stream: Stream): void {
    this.spent = true
    this.#detach(stream)
    if (this.#streams.length === 0) this.#linger()
  }

  opened(): void {
    const at = this.#outbox.reserve(preface.length)
    this.#outbox.bytes.set(preface, at)
    this.#outbox.flush()
  }

  received(length: number): void {
    if (this.#closed) return
    this.#heard++
    this.#reading = true
    if (!this.#reader.feed(this.#target.buffer, length)) this.#break('protocol')
    this.#reading = false
    this.#outbox.flush()
  }

  over(): void {
    this.#break(this.#ready ? 'closed' : 'connect')
  }

  frame(bytes: Buffer, at: number, length: number, type: number, flags: number, id: number): boolean {
    const blockGoesOn = this.#blockOf !== 0
    const fits =
      (this.#ready || type === types.settings) &&
      (type === types.continuation) === blockGoesOn &&
      this.#idleFrames++ < maxIdleFrames &&
      this.#dispatch(bytes, at, length, type, flags, id)
    if (!fits) this.#break('protocol')
    return !this.#closed
  }

  #dispatch(bytes: Buffer, at: number, length: number, type: number, flags: number, id: number): boolean {
    switch (type) {
      case types.data:
        return this.table.opened(id) && this.#data(bytes, at, length, flags, id)
      case types.headers:
        return this.table.opened(id) && this.#headers(bytes, at, length, flags, id)
      case types.continuation:
        return id === this.#blockOf && this.#continuation(bytes, at, length, flags)
      case types.settings:
        return id === 0 && this.#settings(bytes, at, length, flags)
      case types.ping:
        return id === 0 && length === 8 && this.#ping(bytes, at, flags)
      case types.windowUpdate:
        return length === 4 && this.#windowUpdate(readWord(bytes, at) & maxWindow, id)
      case types.rstStream:
        return length === 4 && this.table.opened(id) && this.#rstStream(id)
      case types.goAway:
        return id === 0 && length >= 8 && this.#goAway(readWord(bytes, at) & maxWindow)
      case types.priority:
        return length === 5 && id !== 0
      default:
        // What is not known is passed over; what is promised was not allowed.
        return type !== types.pushPromise
    }
  }

  #data(bytes: Buffer, at: number, length: number, flags: number, id: number): boolean {
    this.#unacknowledged += length
    if (this.#unacknowledged > renewAfterBytes) {
      this.#control(types.windowUpdate, 0, this.#unacknowledged)
      this.#unacknowledged = 0
    }
    let from = at
    let to = at + length
    if ((flags & padded) !== 0) {
      const padding = bytes[from++] as number
      to -= padding
      if (length === 0 || to < from) return false
    }
    const stream = this.table.get(id)
    if (stream === null) return true
    this.#idleFrames = 0
    stream.bytes += frameHeaderBytes + length
    stream.unacknowledged += length
    const last = (flags & endStream) !== 0
    if (!stream.data(bytes, from, to, last)) this.#fail(stream, 'protocol')
    else if (last) this.#finish(stream)
    else if (stream.unacknowledged > renewAfterBytes) {
      this.#control(types.windowUpdate, id, stream.unacknowledged)
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
    this.#blockOf = id
    this.#blockEnds = last
    this.#block = [Buffer.from(bytes.subarray(from, to))]
    this.#blockBytes = to - from
    return true
  }

  #continuation(bytes: Buffer, at: number, length: number, flags: number): boolean {
    this.#blockBytes += length
    if (this.#blockBytes > maxBlockBytes) return false
    this.#block.push(Buffer.from(bytes.subarray(at, at + length)))
    if ((flags & endHeaders) === 0) return true
    const block = Buffer.concat(this.#block)
    const id = this.#blockOf
    this.#blockOf = 0
    this.#block = []
    this.#reply(block, 0, block.length, this.#blockEnds, id)
    return true
  }

  #reply(bytes: Buffer, from: number, to: number, last: boolean, id: number): void {
    const stream = this.table.get(id)
    if (stream === null) return
    this.#idleFrames = 0
    stream.bytes += frameHeaderBytes + to - from
    if (!stream.headers(bytes, from, to, last)) this.#fail(stream, 'protocol')
    else if (last) this.#finish(stream)
  }

  #settings(bytes: Buffer, at: number, length: number, flags: number): boolean {
    if ((flags & ack) !== 0) return length === 0 && this.#ready
    const windowBefore = this.#peer.initialWindow
    if (!this.#peer.read(bytes, at, length)) return false
    this.#control(types.settings, 0, null)
    for (const stream of this.#streams) stream.window += this.#peer.initialWindow - windowBefore
    if (this.#ready) {
      this.#uploads.resume()
      this.#startWaiting()
      return true
    }
    this.#ready = true
    for (const stream of [...this.#streams]) if (stream.state === 'connecting') stream.opened()
    return true
  }

  #ping(bytes: Buffer, at: number, flags: number): boolean {
    if ((flags & ack) !== 0) return true
    const to = this.#outbox.reserve(frameHeaderBytes + 8)
    const into = this.#outbox.bytes
    bytes.copy(into, writeFrameHeader(into, to, 8, types.ping, ack, 0), at, at + 8)
    return true
  }

  #windowUpdate(increment: number, id: number): boolean {
    if (increment === 0) return false
    if (id === 0) return this.#uploads.widen(increment)
    if (!this.table.opened(id)) return false
    const stream = this.table.get(id)
    if (stream === null) return true
    stream.window += increment
    if (stream.window > maxWindow) this.#fail(stream, 'protocol')
    else if (stream.blocked) this.#uploads.resume()
    return true
  }

  #rstStream(id: number): boolean {
    const stream = this.table.get(id)
    if (stream === null) return true
    this.#release(stream)
    this.#lose(stream, 'reset')
    this.#startWaiting()
    return true
  }

  /** The peer takes no new stream, and none above the last that it names. */
  #goAway(lastId: number): boolean {
    this.spent = true
    for (const stream of [...this.#streams]) {
      if (stream.id !== 0 && stream.id <= lastId) continue
      if (stream.id !== 0) this.#release(stream)
      this.#lose(stream, 'closed')
    }
    return true
  }

  #start(stream: Stream): void {
    stream.waiting = false
    this.#active++
    this.table.add(stream)
    if (this.table.exhausted) this.spent = true
    stream.heardBefore = this.#heard
    stream.unacknowledged = 0
    stream.window = this.#peer.initialWindow
    this.#uploads.begin(stream)
    this.#written()
  }

  #startWaiting(): void {
    while (this.#waiting.length > 0 && this.#active < this.#peer.maxStreams) {
      const stream = this.#waiting.shift() as Stream
      if (stream.waiting && stream.connection === this) this.#start(stream)
    }
  }

  #finish(stream: Stream): void {
    // An answer that did not wait for all of the request: the rest is of no use.
    if (this.#uploads.isUnfinished(stream)) this.#reset(stream)
    else this.#release(stream)
    if (this.#waiting.length > 0) this.#startWaiting()
    stream.replied(!this.spent)
  }

  /** Ends one stream for what the peer made of it. */
  #fail(stream: Stream, kind: ErrorKind): void {
    this.#reset(stream)
    this.#lose(stream, kind)
    this.#startWaiting()
  }

  #reset(stream: Stream): void {
    this.#control(types.rstStream, stream.id, errors.cancel)
    this.#release(stream)
  }

  #release(stream: Stream): void {
    if (stream.blocked) this.#uploads.drop(stream)
    this.table.remove(stream)
    this.#active--
  }

  #lose(stream: Stream, kind: ErrorKind): void {
    this.#detach(stream)
    if (this.#streams.length === 0) this.#linger()
    stream.lost(kind)
  }

  #detach(stream: Stream): void {
    stream.connection = null
    stream.waiting = false
    const last = this.#streams.pop() as Stream
    if (last !== stream) this.#streams[this.#streams.indexOf(stream)] = last
  }

  /** Nothing more can come of it, for all of its streams. */
  #break(kind: ErrorKind): void {
    if (this.#closed) return
    this.#close()
    for (const stream of this.#streams.splice(0)) {
      stream.connection = null
      stream.waiting = false
      stream.blocked = false
      stream.id = 0
      stream.lost(kind)
    }
  }

  #close(): void {
    this.spent = true
    this.#closed = true
    this.#socket.destroy()
  }

  /** Whoever closes first keeps the port for a minute, so the peer may. */
  #linger(): void {
    this.#outbox.flush()
    this.spent = true
    this.#closed = true
    if (this.#socket.destroyed) return
    const timer = setTimeout(() => this.#socket.destroy(), lingerMs)
    this.#socket.once('close', () => clearTimeout(timer))
  }

  /** A frame of a word, or an empty acknowledgement. */
  #control(type: number, id: number, word: number | null): void {
    const at = this.#outbox.reserve(frameHeaderBytes + (word === null ? 0 : 4))
    const { bytes } = this.#outbox
    const payload = writeFrameHeader(bytes, at, word === null ? 0 : 4, type, word === null ? ack : 0, id)
    if (word !== null) writeWord(bytes, payload, word)
    this.#written()
  }

  /** Something is to be written: at the end of the read that caused it, or of the turn. */
  #written(): void {
    if (!this.#reading) this.#outbox.schedule()
  }
}
