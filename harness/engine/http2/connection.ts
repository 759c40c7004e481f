import type { Socket } from 'node:net'
import type { ErrorKind } from '../../load/result/tally.ts'
import { letPeerClose, type SocketOwner, type Transport } from '../transport.ts'
import { errorCodes, frameTypes, preface } from './frames.ts'
import { Inbound, type InboundOwner } from './inbound.ts'
import { Outbox } from './outbox.ts'
import { PeerSettings } from './peer-settings.ts'
import type { StreamRequest } from './request.ts'
import type { Http2Stream, StreamConnection, StreamPlace } from './stream.ts'
import { StreamTable } from './stream-table.ts'
import { Uploads } from './uploads.ts'

export interface Http2Target {
  transport: Transport
  /** By number. */
  requests: readonly StreamRequest[]
  /** Streams that share a connection. */
  streams: number
}

/** One slot of the load's connections: the streams of the slot share its connection, and a spent one is replaced. */
export class ConnectionPlace implements StreamPlace {
  readonly #target: Http2Target
  #current: Http2Connection | null = null

  constructor(target: Http2Target) {
    this.#target = target
  }

  join(stream: Http2Stream): void {
    if (this.#current === null || this.#current.spent) this.#current = new Http2Connection(this.#target)
    this.#current.attach(stream)
  }
}

/** An HTTP/2 connection (RFC 9113), over TLS or with prior knowledge, and its streams. */
export class Http2Connection implements StreamConnection, SocketOwner, InboundOwner {
  /** It takes no new stream: the peer refuses them, or the connection was given up. */
  spent = false
  closed = false
  readonly table: StreamTable
  readonly #target: Http2Target
  readonly #socket: Socket
  readonly #outbox: Outbox
  readonly #uploads: Uploads
  readonly #inbound: Inbound
  readonly #peer = new PeerSettings()
  readonly #streams: Http2Stream[] = []
  #waiting: Http2Stream[] = []
  #active = 0
  #reading = false
  #reads = 0
  /** A request was given up: its reply may still come. */
  #givenUp = false
  /** What the peer said as it went away; empty: it did not. */
  #farewell = ''
  /** The latest stream that a reply came for when it had ended. */
  #lateId = 0

  constructor(target: Http2Target) {
    this.#target = target
    this.table = new StreamTable(target.streams)
    this.#socket = target.transport.open(this)
    this.#outbox = new Outbox(this.#socket, () => this.#uploads.resume())
    this.#uploads = new Uploads(this.#outbox, this.#peer)
    this.#inbound = new Inbound(this, this.table, this.#peer, this.#outbox, this.#uploads)
  }

  attach(stream: Http2Stream): void {
    stream.connection = this
    this.#streams.push(stream)
    // It comes from another connection, with a request.
    if (stream.state === 'busy') this.#wait(stream)
    if (!this.#inbound.ready) return
    // Not from within: opening one stream may open the next.
    process.nextTick(() => {
      if (stream.connection !== this) return
      if (stream.state === 'connecting') stream.opened()
      else this.#startWaiting()
    })
  }

  send(stream: Http2Stream, request: number): void {
    stream.request = this.#target.requests[request] as StreamRequest
    if (this.#active >= this.#peer.maxStreams) this.#wait(stream)
    else this.#start(stream)
  }

  sendNext(stream: Http2Stream): void {
    this.#uploads.next(stream)
    this.#written()
  }

  abort(stream: Http2Stream): void {
    // A connection that has been silent since the request left may be dead: it takes no other stream.
    const silent = stream.id !== 0 && stream.readsBefore === this.#reads
    if (stream.id !== 0) this.#reset(stream)
    this.#detach(stream)
    if (silent) this.#moveWaiting()
    if (this.#streams.length === 0) this.#close()
    else this.#startWaiting()
  }

  retire(stream: Http2Stream): void {
    this.spent = true
    this.#detach(stream)
    if (this.#streams.length === 0) this.#linger()
  }

  opened(): void {
    const at = this.#outbox.reserve(preface.length)
    this.#outbox.bytes.set(preface, at)
    this.#outbox.flush()
  }

  received(_: Socket, length: number): void {
    if (this.closed) return
    this.#reads++
    this.#reading = true
    this.#inbound.feed(this.#target.transport.buffer, length)
    this.#uploads.resume()
    this.#reading = false
    this.#outbox.flush()
  }

  over(_: Socket, why: 'connect' | 'tls' | 'closed' | null, words: string): void {
    const { ready } = this.#inbound
    const kind = why === 'tls' ? why : !ready ? 'connect' : why === null ? null : 'closed'
    if (!this.closed && (kind !== null || this.#active > 0))
      this.#target.transport.noteWords(
        kind ?? 'closed',
        this.#farewell || (ready || why !== null ? words : `${words} before it sent its settings`),
      )
    this.broken(kind)
  }

  allowed(windowChange: number): void {
    for (const stream of this.#streams) {
      stream.window += windowChange
      stream.widest += windowChange
    }
    this.#startWaiting()
    for (const stream of [...this.#streams]) if (stream.state === 'connecting') stream.opened()
  }

  finished(stream: Http2Stream): void {
    // The reply came before all of the request had left: nobody needs the rest.
    if (this.#uploads.isUnfinished(stream)) this.#reset(stream)
    else this.#release(stream)
    if (this.#waiting.length > 0) this.#startWaiting()
    stream.replied(!this.spent)
  }

  malformed(stream: Http2Stream): void {
    this.#target.transport.noteWords('protocol', stream.fault)
    this.#reset(stream)
    this.#lose(stream, 'protocol')
    this.#startWaiting()
  }

  wasReset(stream: Http2Stream, code: number): void {
    this.#target.transport.noteWords('reset', `RST_STREAM with error code ${code}`)
    this.#release(stream)
    this.#lose(stream, 'reset')
    this.#startWaiting()
  }

  late(id: number): void {
    // Of several frames of one reply, the first.
    if (this.#givenUp || id === this.#lateId) return
    this.#lateId = id
    this.#target.transport.noteSurplus(1, 1)
  }

  goingAway(lastId: number, code: number, debug: string): void {
    this.#givenUp = true
    this.#farewell = `GOAWAY with error code ${code}${debug === '' ? '' : `: ${debug}`}`
    this.#moveWaiting()
    for (const stream of [...this.#streams]) {
      if (stream.id !== 0 && stream.id <= lastId) continue
      const unseen = stream.id !== 0
      if (unseen) this.#release(stream)
      // Once, as a peer that never looks at anything would have it sent for ever.
      if (unseen && !stream.moved) this.#move(stream)
      else {
        if (unseen) this.#target.transport.noteWords('closed', this.#farewell)
        this.#lose(stream, null)
      }
    }
  }

  /** The connection has failed, or was ended in good order (null), and with it what it has sent. */
  broken(kind: ErrorKind | null): void {
    if (this.closed) return
    if (kind === 'protocol') this.#target.transport.noteWords(kind, 'a frame that HTTP/2 does not allow there')
    this.#close()
    if (this.#inbound.ready) this.#moveWaiting()
    for (const stream of this.#streams.splice(0)) {
      const unsent = stream.id !== 0 && stream.start >= this.#outbox.left
      stream.connection = null
      stream.waiting = false
      stream.blocked = false
      stream.id = 0
      if (unsent && !stream.moved) {
        stream.moved = true
        stream.move()
      } else stream.lost(kind)
    }
  }

  #start(stream: Http2Stream): void {
    stream.waiting = false
    this.#active++
    this.table.add(stream)
    if (this.table.exhausted) this.spent = true
    stream.readsBefore = this.#reads
    stream.unacknowledged = 0
    stream.start = this.#outbox.position
    stream.window = this.#peer.initialWindow
    stream.widest = stream.window
    this.#uploads.begin(stream)
    this.#written()
  }

  #wait(stream: Http2Stream): void {
    stream.waiting = true
    this.#waiting.push(stream)
  }

  #startWaiting(): void {
    while (this.#inbound.ready && this.#waiting.length > 0 && this.#active < this.#peer.maxStreams) {
      const stream = this.#waiting.shift() as Http2Stream
      if (stream.waiting && stream.connection === this) this.#start(stream)
    }
  }

  /** What waits here has sent nothing: it belongs on the next connection. */
  #moveWaiting(): void {
    this.spent = true
    for (const stream of this.#waiting.splice(0)) if (stream.waiting && stream.connection === this) this.#move(stream)
  }

  #move(stream: Http2Stream): void {
    stream.moved ||= !stream.waiting
    this.#detach(stream)
    if (this.#streams.length === 0 && !this.closed) this.#linger()
    stream.move()
  }

  #reset(stream: Http2Stream): void {
    this.#givenUp = true
    this.#outbox.control(frameTypes.rstStream, stream.id, errorCodes.cancel)
    this.#written()
    this.#release(stream)
  }

  #release(stream: Http2Stream): void {
    if (stream.blocked) this.#uploads.drop(stream)
    this.table.remove(stream)
    this.#active--
  }

  #lose(stream: Http2Stream, kind: ErrorKind | null): void {
    this.#detach(stream)
    if (this.#streams.length === 0) this.#linger()
    stream.lost(kind)
  }

  #detach(stream: Http2Stream): void {
    stream.connection = null
    stream.waiting = false
    const last = this.#streams.pop() as Http2Stream
    if (last !== stream) this.#streams[this.#streams.indexOf(stream)] = last
  }

  #close(): void {
    this.spent = true
    this.closed = true
    this.#socket.destroy()
  }

  #linger(): void {
    this.#outbox.flush()
    this.spent = true
    this.closed = true
    if (!this.#socket.destroyed) letPeerClose(this.#socket)
  }

  /** Writes what was collected: at the end of the present read, or else of the turn. */
  #written(): void {
    if (!this.#reading) this.#outbox.schedule()
  }
}
