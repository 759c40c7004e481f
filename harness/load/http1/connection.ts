import net from 'node:net'
import type { Lane, LaneOwner } from '../lane.ts'
import type { ErrorKind } from '../tally.ts'
import { ReplyParser, replyStates } from './replies.ts'

/** How long a connection that will not be used again waits for the peer to close it first. */
const lingerMs = 1000

export interface Target {
  host: string
  port: number
  requests: readonly Buffer[]
  /** By request: 1 when its reply has no body, whatever it says (HEAD). */
  bodiless: Uint8Array
}

/** One place of the load's set of connections: opened, used and opened again, for one request at a time. */
export class HttpConnection implements Lane {
  readonly slot: number
  readonly messages = 1
  state: Lane['state'] = 'closed'
  /** Bytes received for the present reply. */
  bytes = 0
  readonly #target: Target
  readonly #owner: LaneOwner<HttpConnection>
  readonly #buffer: Buffer
  readonly #parser: ReplyParser
  #socket: net.Socket | null = null

  /** `buffer` receives what is read. All connections of a thread share one, since each read is parsed at once. */
  constructor(slot: number, target: Target, buffer: Buffer, owner: LaneOwner<HttpConnection>) {
    this.slot = slot
    this.#target = target
    this.#buffer = buffer
    this.#owner = owner
    this.#parser = new ReplyParser()
  }

  get status(): number {
    return this.#parser.status
  }

  get refusal(): ErrorKind | null {
    const { status } = this.#parser
    return status < 400 ? null : status < 500 ? 'http_4xx' : 'http_5xx'
  }

  get reusable(): boolean {
    return this.#parser.reusable
  }

  open(): void {
    this.#parser.reset()
    this.state = 'connecting'
    const socket: net.Socket = net.connect({
      host: this.#target.host,
      port: this.#target.port,
      noDelay: true,
      onread: {
        buffer: this.#buffer,
        callback: (length) => {
          if (this.#socket === socket) this.#received(length)
          return true
        },
      },
    })
    this.#socket = socket
    socket.on('connect', () => {
      if (this.#socket !== socket) return
      this.state = 'free'
      this.#owner.opened(this)
    })
    const over = () => {
      if (this.#socket === socket) this.#over()
    }
    socket.on('end', over)
    socket.on('error', over)
    socket.on('close', over)
  }

  send(request: number): void {
    const { requests, bodiless } = this.#target
    this.bytes = 0
    this.state = 'busy'
    this.#parser.bodiless = bodiless[request] === 1
    this.#socket?.write(requests[request] as Buffer)
  }

  /** Cuts the connection; nothing more is heard of it. */
  abort(): void {
    const socket = this.#release()
    socket?.destroy()
  }

  /** Gives the connection up after its last reply. Whoever closes first keeps the port for a minute, so the peer may. */
  retire(): void {
    const socket = this.#release()
    if (socket === null || socket.destroyed) return
    const timer = setTimeout(() => socket.destroy(), lingerMs)
    socket.once('close', () => clearTimeout(timer))
  }

  #release(): net.Socket | null {
    const socket = this.#socket
    this.#socket = null
    this.state = 'closed'
    return socket
  }

  #received(length: number): void {
    if (this.state !== 'busy') {
      // Nothing was asked: a reply nobody waits for, such as 408 before an idle connection is closed.
      this.abort()
      this.#owner.dropped(this)
      return
    }
    this.bytes += length
    const reply = this.#parser.feed(this.#buffer, length)
    if (reply === replyStates.done) {
      this.state = 'free'
      this.#owner.replied(this)
    } else if (reply === replyStates.malformed) {
      this.abort()
      this.#owner.failed(this, 'protocol')
    }
  }

  #over(): void {
    const before = this.state
    if (before === 'busy' && this.#parser.endOfStream() === replyStates.done) {
      this.state = 'free'
      this.#owner.replied(this)
      return
    }
    this.abort()
    if (before === 'free') this.#owner.dropped(this)
    else this.#owner.failed(this, before === 'connecting' ? 'connect' : 'closed')
  }
}
