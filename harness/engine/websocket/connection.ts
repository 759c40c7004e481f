import type { Socket } from 'node:net'
import type { WebSocketFields } from '../../load/plan.ts'
import type { ErrorKind } from '../../load/result/tally.ts'
import type { Lane, LaneOwner } from '../lane.ts'
import { letPeerClose, type SocketOwner, type Transport } from '../transport.ts'
import { clientFrame, frameStates, opcodes, WebSocketFrameReader } from './frames.ts'
import { type Upgrade, UpgradeReader } from './upgrade.ts'

/** The request that a load repeats, prepared once. */
export interface WebSocketRequest {
  mode: WebSocketFields['mode']
  upgrade: Upgrade
  /** What is sent, in turn: messages that differ in how they begin, where they may. Without one the upgrade is the request. */
  frames: readonly Buffer[]
  /** What has to come back, but for that. */
  payload: Buffer
}

const mostUnread = 65_536
/** 1000: a normal closure. */
const closeFrame = clientFrame(opcodes.close, Buffer.from([0x03, 0xe8]))

/** One WebSocket connection: a message and its echo, a ping and its pong, or the upgrade itself, one at a time. */
export class WebSocketConnection implements Lane, SocketOwner {
  readonly slot: number
  readonly messages = 1
  /** Its upgrade tells it. */
  readonly refusalWords = ''
  state: Lane['state'] = 'closed'
  bytes = 0
  refusal: ErrorKind | null = null
  readonly #transport: Transport
  readonly #request: WebSocketRequest
  readonly #owner: LaneOwner<WebSocketConnection>
  readonly #reader: WebSocketFrameReader
  /** null once the reply to the upgrade has come. */
  #upgrading: UpgradeReader | null = null
  /** Of the request's frames, the one that was sent last. */
  #mark = 0
  /** Of the present connection, and of the latest that was retired. */
  #replies = 0
  #repliesBefore = 0
  /** The replies of the connection may be those to earlier requests. */
  #shifted = false
  #socket: Socket | null = null

  constructor(slot: number, transport: Transport, request: WebSocketRequest, owner: LaneOwner<WebSocketConnection>) {
    this.slot = slot
    this.#transport = transport
    this.#request = request
    this.#owner = owner
    this.#reader = new WebSocketFrameReader({
      pong: request.mode === 'ping',
      payload: request.payload,
      marks: request.frames.length,
      pinged: (payload) => this.#pong(payload),
    })
  }

  get reusable(): boolean {
    return this.#reader.reusable && this.refusal === null && !this.#shifted
  }

  open(): void {
    this.#reader.reset()
    this.#upgrading = new UpgradeReader(this.#request.upgrade.accept)
    this.refusal = null
    this.#replies = 0
    this.#shifted = false
    this.state = 'connecting'
    this.#socket = this.#transport.open(this)
  }

  opened(socket: Socket): void {
    if (this.#socket !== socket) return
    if (this.#request.mode === 'connect') this.#free()
    else socket.write(this.#request.upgrade.request)
  }

  send(): void {
    this.bytes = 0
    this.state = 'busy'
    const { mode, frames, upgrade } = this.#request
    if (mode === 'connect') {
      this.#socket?.write(upgrade.request)
      return
    }
    this.#mark = this.#mark + 1 === frames.length ? 0 : this.#mark + 1
    this.#reader.expect(this.#mark)
    this.#socket?.write(frames[this.#mark] as Buffer)
  }

  abort(): void {
    this.#release()?.destroy()
  }

  retire(): void {
    this.#repliesBefore = this.#request.mode === 'connect' ? 0 : this.#replies
    const socket = this.#release()
    if (socket === null || socket.destroyed) return
    socket.write(closeFrame)
    letPeerClose(socket)
  }

  received(socket: Socket, length: number): void {
    const { buffer } = this.#transport
    if (this.#socket !== socket) {
      // One that was retired: it had all its replies, and a close frame is what is left to come.
      if (this.#repliesBefore === 0 || ((buffer[0] as number) & 0x0f) > opcodes.binary) return
      this.#transport.noteSurplus(1, this.#request.frames.length > 1 ? 1 : this.#repliesBefore)
      socket.destroy()
      return
    }
    this.bytes += length
    if (this.#upgrading === null) this.#frames(buffer, 0, length)
    else this.#upgraded(socket, this.#upgrading, buffer, length)
  }

  over(socket: Socket, why: 'connect' | 'tls' | 'closed' | null, words: string): void {
    if (this.#socket !== socket) return
    if (this.state !== 'free' || why !== null) this.#transport.noteWords(why ?? 'closed', words)
    this.#lost(why)
  }

  #upgraded(socket: Socket, reader: UpgradeReader, buffer: Buffer, length: number): void {
    const end = reader.feed(buffer, length)
    if (end < 0) return
    this.#upgrading = null
    const { refusal } = reader
    if (refusal !== null) this.#transport.noteWords(refusal.kind, refusal.reason)
    if (this.#request.mode === 'connect') {
      this.refusal = refusal?.kind ?? null
      this.#replied()
    } else if (refusal === null) {
      // What comes with the reply comes before the first request: it is a greeting, and no answer.
      if (end < length) this.#frames(buffer, end, length)
      if (this.#socket === socket) this.#free()
    } else {
      this.abort()
      this.#owner.failed(this, refusal.kind)
    }
  }

  #frames(buffer: Buffer, from: number, length: number): void {
    const state = this.#reader.feed(buffer, from, length)
    if (state === frameStates.done) this.#replies++
    if (this.#reader.surplus > 0) this.#noteSurplus()
    if (state === frameStates.more) {
      if (this.#shifted && this.state === 'free') this.#lost('protocol')
      return
    }
    if (state === frameStates.done) this.#replied()
    else if (state === frameStates.closed) {
      this.#socket?.write(closeFrame)
      if (this.state !== 'free') this.#transport.noteWords('closed', 'the server sent a close frame')
      this.#lost(null)
    } else {
      const words =
        state === frameStates.other ? 'what came back was not the message that was sent' : 'no frame that is allowed'
      this.#transport.noteWords('protocol', words)
      this.#lost('protocol')
    }
  }

  /** Where all messages are the same, nobody knows to which of the connection's requests its replies belong. */
  #noteSurplus(): void {
    const { surplus } = this.#reader
    this.#reader.surplus = 0
    if (this.#request.frames.length === 1) this.#shifted = true
    this.#transport.noteSurplus(surplus, this.#shifted ? this.#replies : surplus)
  }

  /** A peer that sends pings without reading the pongs gets no more of them. */
  #pong(payload: Buffer): void {
    const socket = this.#socket
    if (socket !== null && socket.writableLength < mostUnread) socket.write(clientFrame(opcodes.pong, payload))
  }

  #free(): void {
    this.state = 'free'
    this.#owner.opened(this)
  }

  #replied(): void {
    this.state = 'free'
    this.#owner.replied(this)
  }

  /** null: the peer ended it in good order. */
  #lost(kind: ErrorKind | null): void {
    const before = this.state
    this.abort()
    // A peer refuses our certificate only after the handshake.
    if (before === 'free' && kind !== 'tls') this.#owner.dropped(this, kind === null)
    else this.#owner.failed(this, kind ?? 'closed')
  }

  #release(): Socket | null {
    const socket = this.#socket
    this.#socket = null
    this.#upgrading = null
    this.state = 'closed'
    return socket
  }
}
