import type { Socket } from 'node:net'
import type { ErrorKind } from '../../load/result/tally.ts'
import type { Lane, LaneOwner } from '../lane.ts'
import { letPeerClose, type SocketOwner, type Transport } from '../transport.ts'
import { EventCounter } from './events.ts'
import { ReplyParser, replyStates } from './replies.ts'

/** Such as the 408 of a server that closes what was idle for too long. */
const farewell = /^HTTP\/1\.\d [45]/
const farewellBytes = 10
const shownBytes = 40

/** The first of what came, as it can be shown. */
const beginning = (bytes: Buffer, length: number) =>
  JSON.stringify(bytes.toString('latin1', 0, Math.min(length, shownBytes)))

/** What connections send. */
export interface Http1Target {
  requests: readonly Buffer[]
  /** By request: 1 when its reply has no body, whatever it says (HEAD). */
  bodiless: Uint8Array
  /** The replies are streams of server-sent events; their messages are counted. */
  events?: boolean
}

/** One slot of the load's connections: opened, used and opened again, for one request at a time. */
export class HttpConnection implements Lane, SocketOwner {
  readonly slot: number
  state: Lane['state'] = 'closed'
  /** Bytes received for the present reply. */
  bytes = 0
  readonly #transport: Transport
  readonly #target: Http1Target
  readonly #owner: LaneOwner<HttpConnection>
  readonly #parser: ReplyParser
  /** null unless replies are streams of events. */
  readonly #events: EventCounter | null
  #began = false
  /** Of the present connection, and of the latest that was retired. */
  #replies = 0
  #repliesBefore = 0
  #socket: Socket | null = null

  constructor(slot: number, transport: Transport, target: Http1Target, owner: LaneOwner<HttpConnection>) {
    this.slot = slot
    this.#transport = transport
    this.#target = target
    this.#owner = owner
    this.#events = target.events ? new EventCounter() : null
    this.#parser = new ReplyParser(this.#events)
  }

  get status(): number {
    return this.#parser.status
  }

  get messages(): number {
    return this.#events?.count ?? 1
  }

  get refusal(): ErrorKind | null {
    const { status } = this.#parser
    // A stream without an event is no reply to the request.
    if (status < 400) return this.messages === 0 ? 'protocol' : null
    return status < 500 ? 'http_4xx' : 'http_5xx'
  }

  get refusalWords(): string {
    return this.#parser.status < 400 ? 'a stream without an event' : `HTTP ${this.#parser.status}`
  }

  get reusable(): boolean {
    return this.#parser.reusable
  }

  open(): void {
    this.#parser.reset()
    this.#replies = 0
    this.state = 'connecting'
    this.#socket = this.#transport.open(this)
  }

  opened(socket: Socket): void {
    if (this.#socket !== socket) return
    this.state = 'free'
    this.#owner.opened(this)
  }

  send(request: number): void {
    const { requests, bodiless } = this.#target
    this.bytes = 0
    this.#began = false
    this.state = 'busy'
    this.#parser.bodiless = bodiless[request] === 1
    this.#socket?.write(requests[request] as Buffer)
  }

  /** Cuts the connection. Its owner is not called again. */
  abort(): void {
    const socket = this.#release()
    socket?.destroy()
  }

  retire(): void {
    this.#repliesBefore = this.#replies
    const socket = this.#release()
    if (socket === null || socket.destroyed) return
    if (this.#parser.surplus) socket.destroy()
    else letPeerClose(socket)
  }

  received(socket: Socket, length: number): void {
    if (this.#socket !== socket) {
      // One that was retired: it had all its replies.
      this.#transport.noteSurplus(1, this.#repliesBefore)
      socket.destroy()
      return
    }
    if (this.state !== 'busy') {
      this.#uncalledFor(length)
      return
    }
    this.bytes += length
    const reply = this.#parser.feed(this.#transport.buffer, length)
    if (this.#events !== null && !this.#began && this.#events.count > 0 && this.#parser.status < 400) {
      this.#began = true
      this.#owner.began(this)
    }
    if (reply === replyStates.done) {
      this.#replies++
      if (this.#parser.surplus) this.#transport.noteSurplus(1, this.#replies)
      this.state = 'free'
      this.#owner.replied(this)
    } else if (reply === replyStates.malformed) {
      const { fault } = this.#parser
      const words =
        fault === '' ? `no HTTP/1.1: ${beginning(this.#transport.buffer, length)}` : `a malformed reply: ${fault}`
      this.#transport.noteWords('protocol', words)
      this.abort()
      this.#owner.failed(this, 'protocol')
    }
  }

  over(socket: Socket, why: 'connect' | 'tls' | 'closed' | null, words: string): void {
    if (this.#socket !== socket) return
    const before = this.state
    // Who refuses a request before its end may break the connection right behind the refusal.
    const whole = why === null || (why === 'closed' && this.#parser.status >= 400)
    if (before === 'busy' && whole && this.#parser.endOfStream() === replyStates.done) {
      this.state = 'free'
      this.#owner.replied(this)
      return
    }
    // What a server that closes idle connections does as a request is on its way to it.
    const unanswered = before === 'busy' && this.bytes === 0 && this.#parser.status > 0
    if (before !== 'free' || why !== null)
      this.#transport.noteWords(
        why ?? 'closed',
        unanswered ? `${words}, as one more request was sent on a connection that it had kept` : words,
      )
    this.abort()
    // A peer refuses our certificate only after the handshake.
    if (before === 'free' && why !== 'tls') this.#owner.dropped(this, why === null)
    else this.#owner.failed(this, why ?? 'closed')
  }

  /**
   * Nobody waits for this. It may have come in time for one of the requests before, and is no reply to the next (RFC 9112 section 9.2).
   */
  #uncalledFor(length: number): void {
    const orderly = farewell.test(this.#transport.buffer.toString('latin1', 0, Math.min(length, farewellBytes)))
    if (!orderly) this.#transport.noteSurplus(1, this.#replies)
    this.abort()
    this.#owner.dropped(this, orderly)
  }

  #release(): Socket | null {
    const socket = this.#socket
    this.#socket = null
    this.state = 'closed'
    return socket
  }
}
