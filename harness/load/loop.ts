import { Connection, type ConnectionOwner, type Target } from './connection.ts'
import { at, type ErrorKind, type Part, type Tally } from './tally.ts'

const readBufferBytes = 65_536
/** More handshakes at once overrun the backlog of common servers, and a dropped SYN costs a second. */
const openingAtOnce = 128
const longestBackoffMs = 500
/** Past the last moment that a request could time out. */
const graceNs = 1e9

export interface LoopSpec {
  target: Target
  connections: number
  keepAlive: boolean
  warmUpNs: number
  durationNs: number
  timeoutNs: number
}

/** What the closed and the open loop share: the connections, what each one is asked, and how failures are met. */
export abstract class Loop implements ConnectionOwner {
  protected readonly spec: LoopSpec
  protected readonly tally: Tally
  protected readonly connections: Connection[]
  /** By slot: intended start of the request the connection has, and its actual send (−1 before). Nanoseconds of `clock`. */
  protected readonly due: Float64Array
  protected readonly sent: Float64Array
  protected readonly assigned: Uint8Array
  protected readonly measuredFrom: number
  protected readonly measuredTo: number
  /** Requests that were assigned to a connection and have not ended. */
  protected outstanding = 0
  protected running = false
  #ended = false
  /** By slot: 1 when the latest attempt to connect failed. */
  readonly #refused: Uint8Array
  #refusedCount = 0
  readonly #failures: Uint8Array
  readonly #connectingSince: Float64Array
  readonly #origin = new Float64Array(1)
  #unopened: Connection[] = []
  #opening = 0
  #established = Promise.withResolvers<void>()
  #finished = Promise.withResolvers<void>()

  constructor(spec: LoopSpec, tally: Tally) {
    const buffer = Buffer.allocUnsafeSlow(readBufferBytes)
    this.spec = spec
    this.tally = tally
    this.connections = Array.from({ length: spec.connections }, (_, i) => new Connection(i, spec.target, buffer, this))
    this.due = new Float64Array(spec.connections)
    this.sent = new Float64Array(spec.connections)
    this.assigned = new Uint8Array(spec.connections)
    this.measuredFrom = spec.warmUpNs
    this.measuredTo = spec.warmUpNs + spec.durationNs
    this.#refused = new Uint8Array(spec.connections)
    this.#failures = new Uint8Array(spec.connections)
    this.#connectingSince = new Float64Array(spec.connections)
    this.#origin[0] = performance.now()
  }

  /** Opens the connections that will be kept, so that no request pays for it. Ends when each was tried, or at the limit. */
  async establish(limitMs: number): Promise<void> {
    if (!this.spec.keepAlive) return
    this.#unopened = [...this.connections].reverse()
    for (let i = 0; i < openingAtOnce; i++) this.#openNext()
    const limit = setTimeout(this.#established.resolve, limitMs)
    await this.#established.promise
    clearTimeout(limit)
  }

  /** Runs the load. `origin` is the beginning of the warm-up by `performance.now()`. */
  async run(origin: number): Promise<void> {
    this.#origin[0] = origin
    for (const connection of this.#unopened.splice(0)) this.#open(connection)
    this.running = true
    const sweepMs = Math.min(100, Math.max(5, this.spec.timeoutNs / 20e6))
    const sweeps = setInterval(() => this.#sweep(), sweepMs)
    this.begin()
    await this.#finished.promise
    this.running = false
    this.#ended = true
    clearInterval(sweeps)
    for (const connection of this.connections) connection.abort()
  }

  protected abstract begin(): void
  /** A connection was opened and has no request. */
  protected abstract ready(connection: Connection): void
  /** The request of this connection ended; the connection may be closed. */
  protected abstract freed(connection: Connection, now: number): void
  /** Called about twenty times a timeout, at most every 5 ms. True when nothing is left to do. */
  protected abstract tend(now: number): boolean
  /** The part of the load that the slot's request belongs to. */
  protected abstract partOf(slot: number): Part

  /** Nanoseconds since the load began. */
  protected clock(): number {
    return (performance.now() - (this.#origin[0] as number)) * 1e6
  }

  /** True while no connection can be had: each one's latest attempt failed. */
  protected get unreachable(): boolean {
    return this.#refusedCount === this.connections.length
  }

  protected finish(): void {
    this.#finished.resolve()
  }

  protected assign(connection: Connection, due: number, now: number): void {
    const { slot } = connection
    this.due[slot] = due
    this.sent[slot] = -1
    this.assigned[slot] = 1
    this.outstanding++
    if (connection.state === 'free') this.#send(connection, now)
    else this.#open(connection)
  }

  opened(connection: Connection): void {
    this.#settled()
    this.#refuse(connection.slot, 0)
    if (!this.running) return
    const now = this.clock()
    if (this.assigned[connection.slot] === 1) this.#send(connection, now)
    else this.ready(connection)
  }

  replied(connection: Connection): void {
    const now = this.clock()
    const { slot, status } = connection
    const part = this.partOf(slot)
    const sent = this.sent[slot] as number
    part.latency.record(now - (this.due[slot] as number))
    part.serviceTime.record(now - sent)
    part.add(at.requests, 1)
    part.add(at.replies, 1)
    part.add(at.bytes, connection.bytes)
    part.counters[at.lastReplyNs] = now - this.measuredFrom
    if (sent < this.measuredTo) part.add(at.onTime, 1)
    if (status >= 400) part.add(status >= 500 ? at.http_5xx : at.http_4xx, 1)
    this.#failures[slot] = 0
    this.#vacate(slot)
    if (!this.spec.keepAlive || !connection.reusable) connection.retire()
    this.freed(connection, now)
  }

  failed(connection: Connection, kind: ErrorKind): void {
    this.#settled()
    const { slot } = connection
    if (this.assigned[slot] === 1) {
      this.partOf(slot).error(kind)
      this.#vacate(slot)
    }
    if (kind === 'connect') this.#refuse(slot, 1)
    this.#rest(connection)
  }

  dropped(connection: Connection): void {
    this.#rest(connection)
  }

  /** Opens a connection that has no request yet, where connections are kept. */
  protected reopen(connection: Connection): void {
    if (connection.state === 'closed' && this.spec.keepAlive) this.#open(connection)
  }

  #open(connection: Connection): void {
    this.#connectingSince[connection.slot] = this.clock()
    connection.open()
  }

  #openNext(): void {
    const connection = this.#unopened.pop()
    if (connection === undefined) return
    this.#opening++
    this.#open(connection)
  }

  /** One of the first attempts to connect has ended. */
  #settled(): void {
    if (this.#opening === 0) return
    this.#opening--
    this.#openNext()
    if (this.#opening === 0) this.#established.resolve()
  }

  #send(connection: Connection, now: number): void {
    const { slot } = connection
    this.sent[slot] = now
    this.partOf(slot).add(at.sent, 1)
    connection.send()
  }

  #vacate(slot: number): void {
    this.assigned[slot] = 0
    this.outstanding--
  }

  #refuse(slot: number, refused: 0 | 1): void {
    this.#refusedCount += refused - (this.#refused[slot] as number)
    this.#refused[slot] = refused
  }

  /** A target that refuses, or closes what it accepted, must not make the loop spin: each loss in a row doubles the rest. */
  #rest(connection: Connection): void {
    const losses = this.#failures[connection.slot] as number
    this.#failures[connection.slot] = Math.min(30, losses + 1)
    setTimeout(
      () => {
        if (this.running) this.freed(connection, this.clock())
        else if (!this.#ended) this.reopen(connection)
      },
      Math.min(longestBackoffMs, 2 ** losses),
    )
  }

  #sweep(): void {
    const now = this.clock()
    const late = now - this.spec.timeoutNs
    for (const connection of this.connections) {
      const { slot } = connection
      if (this.assigned[slot] === 1) {
        if ((this.due[slot] as number) > late) continue
      } else if (connection.state !== 'connecting' || (this.#connectingSince[slot] as number) > late) continue
      const kind = connection.state === 'connecting' ? 'connect' : 'timeout'
      connection.abort()
      this.failed(connection, kind)
    }
    if (this.tend(now) || now > this.measuredTo + this.spec.timeoutNs + graceNs) this.finish()
  }
}
