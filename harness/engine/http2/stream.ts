import type { ErrorKind } from '../../load/result/tally.ts'
import type { Lane, LaneOwner } from '../lane.ts'
import type { Http2ReplyHead } from './reply-head.ts'
import type { StreamRequest } from './request.ts'

/** Read the header blocks that begin and end replies, for all streams of a thread. */
export interface ReplyHeads {
  first: Http2ReplyHead
  trailers: Http2ReplyHead
}

/** Where a stream gets a connection from. */
export interface StreamPlace {
  join(stream: Http2Stream): void
}

/** What a stream needs of its connection. */
export interface StreamConnection {
  /** Sends the load's request with this number. */
  send(stream: Http2Stream, request: number): void
  /** Sends the stream's next message, where there is one. */
  sendNext(stream: Http2Stream): void
  /** Ends the stream at once. */
  abort(stream: Http2Stream): void
  /** Gives the connection up once its other streams have ended. */
  retire(stream: Http2Stream): void
}

/** A lane on a shared connection: one request after another, each on an HTTP/2 stream with an id of its own. */
export class Http2Stream implements Lane {
  readonly slot: number
  state: Lane['state'] = 'closed'
  bytes = 0
  messages = 1
  reusable = true
  refusal: ErrorKind | null = null
  /** Of the reply, or the latest. */
  status = 0
  /** The connection it is on; null while it is closed. */
  connection: StreamConnection | null = null
  /** The id of the request under way; 0 when none is. */
  id = 0
  /** The request under way, or the latest. */
  request: StreamRequest | null = null
  /** Waiting to send until the peer allows one more stream. */
  waiting = false
  /** Waiting for a window to send more of its body. */
  blocked = false
  /** Of the body: bytes sent, bytes that may be sent by now, how many the peer takes, and the most it has taken. */
  position = 0
  allowed = 0
  window = 0
  widest = 0
  /** Where the request begins in what the connection writes. */
  start = 0
  /** The request was sent on a connection whose peer then said that it had not looked at it. */
  moved = false
  /** What is wrong with the reply, where it was malformed. */
  fault = ''
  /** Bytes received on this stream since its window was last renewed. */
  unacknowledged = 0
  /** Reads of the connection before the request left. */
  readsBefore = 0
  protected readonly heads: ReplyHeads
  protected readonly owner: LaneOwner
  readonly #place: StreamPlace
  #begun = false
  /** Of the reply's content: bytes received, and how many it states; −1 when it does not. */
  #received = 0
  #stated = -1

  constructor(slot: number, place: StreamPlace, heads: ReplyHeads, owner: LaneOwner) {
    this.slot = slot
    this.#place = place
    this.heads = heads
    this.owner = owner
  }

  get refusalWords(): string {
    return `HTTP ${this.status}`
  }

  open(): void {
    this.state = 'connecting'
    this.#place.join(this)
  }

  send(request: number): void {
    this.state = 'busy'
    this.bytes = 0
    this.#begun = false
    this.#received = 0
    this.fault = 'a malformed reply'
    this.refusal = null
    this.moved = false
    this.connection?.send(this, request)
  }

  abort(): void {
    this.connection?.abort(this)
    this.state = 'closed'
  }

  retire(): void {
    this.connection?.retire(this)
    this.state = 'closed'
  }

  /** A header block of the reply, from `from` to `to`. Returns false when it is malformed or not allowed here. */
  headers(bytes: Buffer, from: number, to: number, last: boolean): boolean {
    if (this.#begun) {
      const { trailers } = this.heads
      return last && this.#read(trailers, bytes, from, to) && this.#isWhole() && this.trailed(trailers)
    }
    const head = this.heads.first
    if (!this.#read(head, bytes, from, to) || head.status === 0) return false
    // Interim replies (1xx) come before the one that counts.
    if (head.status < 200) return !last
    this.#begun = true
    this.#stated = head.contentLength
    this.headed(head)
    return !last || (this.#isWhole() && this.trailed(head))
  }

  #read(head: Http2ReplyHead, bytes: Buffer, from: number, to: number): boolean {
    if (head.read(bytes, from, to)) return true
    if (head.fault !== '') this.fault = `a malformed reply: ${head.fault}`
    return false
  }

  /** DATA of the reply. Returns false when it is malformed or not allowed here. */
  data(_bytes: Buffer, from: number, to: number, last: boolean): boolean {
    this.#received += to - from
    return this.#begun && (!last || (this.#isWhole() && this.trailed(null)))
  }

  /** Whether as much content has come as the reply states (RFC 9113, 8.1.1). Replies to HEAD, and 304, state what they leave out. */
  #isWhole(): boolean {
    if (this.#stated < 0 || this.#received === this.#stated) return true
    if (this.#received === 0 && (this.status === 304 || this.request?.isHead)) return true
    this.fault = `${this.#received} bytes of content where its length is stated as ${this.#stated}`
    return false
  }

  /** The head of the reply has come. */
  protected headed({ status }: Http2ReplyHead): void {
    this.status = status
    this.refusal = status < 400 ? null : status < 500 ? 'http_4xx' : 'http_5xx'
  }

  /** The reply has ended: with trailers, a head that is all of it, or (null) with DATA. Returns false when it is incomplete. */
  protected trailed(_head: Http2ReplyHead | null): boolean {
    return true
  }

  /** The connection can be used. */
  opened(): void {
    this.state = 'free'
    this.owner.opened(this)
  }

  /** The reply has ended. */
  replied(reusable: boolean): void {
    this.state = 'free'
    this.reusable = reusable
    this.owner.replied(this)
  }

  /** The request goes on another connection: it did not leave on this one, or nobody looked at it there. */
  move(): void {
    this.#place.join(this)
  }

  /** The connection has failed, or this request on it. null: the peer ended it in good order. */
  lost(kind: ErrorKind | null): void {
    const before = this.state
    this.state = 'closed'
    // A peer refuses our certificate only after the handshake.
    if (before === 'free' && kind !== 'tls') this.owner.dropped(this, kind === null)
    else this.owner.failed(this, kind ?? 'closed')
  }
}
