import { unixNow } from '../agent/begin.ts'
import { type Http1Target, HttpConnection } from '../engine/http1/connection.ts'
import { http1Target } from '../engine/http1/request.ts'
import type { LaneOwner } from '../engine/lane.ts'
import { resolveTarget } from '../engine/target.ts'
import { Transport } from '../engine/transport.ts'
import type { ErrorKind } from '../load/result/tally.ts'
import type { Sample } from './messages.ts'

const timeoutMs = 2000

/** Requests to one target, and what became of each: all on new connections, or one after the other on one that is kept. */
export class Series implements LaneOwner<HttpConnection> {
  readonly #transport: Transport
  readonly #target: Http1Target
  readonly #kept: HttpConnection | null
  /** When those were sent that have not ended. */
  readonly #sentAt = new Map<HttpConnection, number>()
  #ended: Sample[] = []

  private constructor(transport: Transport, target: Http1Target, kept: boolean) {
    this.#transport = transport
    this.#target = target
    this.#kept = kept ? this.#connection() : null
  }

  static async to(url: string, connections: 'fresh' | 'kept'): Promise<Series> {
    const kept = connections === 'kept'
    const request = { method: 'GET', headers: [], body: Buffer.alloc(0) }
    const transport = new Transport({ ...(await resolveTarget(url)), spec: { url } }, null)
    return new Series(transport, http1Target({ url, keepAlive: kept }, [request]), kept)
  }

  get outstanding(): number {
    return this.#sentAt.size
  }

  /** Sends a request, unless the connection that is kept has one. Gives up those that have waited too long. */
  ask(): void {
    const now = unixNow()
    this.expire(now)
    if (this.#kept && this.outstanding > 0) return
    const connection = this.#kept ?? this.#connection()
    this.#sentAt.set(connection, now)
    if (connection.state === 'free') connection.send(0)
    else connection.open()
  }

  /** Samples that have ended since the last call. */
  take(): Sample[] {
    const ended = this.#ended
    this.#ended = []
    return ended
  }

  opened(connection: HttpConnection): void {
    if (this.#sentAt.has(connection)) connection.send(0)
  }

  began(): void {}

  replied(connection: HttpConnection): void {
    this.#end(connection, connection.status)
    if (!this.#kept || !connection.reusable) connection.retire()
  }

  failed(connection: HttpConnection, kind: ErrorKind): void {
    this.#end(connection, kind)
  }

  dropped(): void {
    // The next request opens it again.
  }

  /** Ends what can wait no longer at `now`. */
  expire(now: number): void {
    for (const [connection, sentAt] of this.#sentAt) {
      if (now - sentAt < timeoutMs) continue
      const kind = connection.state === 'connecting' ? 'connect' : 'timeout'
      connection.abort()
      this.#end(connection, kind)
    }
  }

  #connection(): HttpConnection {
    return new HttpConnection(0, this.#transport, this.#target, this)
  }

  #end(connection: HttpConnection, outcome: number | ErrorKind): void {
    const sentAt = this.#sentAt.get(connection)
    if (sentAt === undefined) return
    this.#sentAt.delete(connection)
    this.#ended.push({ sentAt, endedAt: unixNow(), outcome })
  }
}
