import { at, type ErrorKind, type Part, type Tally } from '../../load/result/tally.ts'
import type { Lane, LaneOwner } from '../lane.ts'
import type { LoadLoop } from '../protocol.ts'

/** More handshakes at once overrun the backlog of common servers, and a dropped SYN costs a second. */
const openingAtOnce = 128
const longestBackoffMs = 500
/** Past the last moment that a request could time out. */
const graceNs = 1e9

export interface LoopSpec {
  lanes: (owner: LaneOwner) => Lane[]
  keepAlive: boolean
  /** By slot, when a connection is first opened, since the load began. Absent: all before it begins. */
  startsNs?: Float64Array | undefined
  /** How many requests the next connection is used for; absent: as many as it can be. */
  drawUses?: (() => number) | undefined
  /** The numbers of the requests to send, to be gone through again and again. */
  choices: Uint16Array
  warmUpNs: number
  durationNs: number
  timeoutNs: number
  /** Of a closed loop: how many measured requests it has. */
  maxRequests?: number | undefined
}

/** What the closed and the open loop share: the lanes, what each one is asked, and how failures are met. */
export abstract class Loop implements LoadLoop, LaneOwner {
  protected readonly spec: LoopSpec
  protected readonly tally: Tally
  protected readonly lanes: readonly Lane[]
  /** By slot: intended start of the request the lane has, and its actual send (−1 before). Nanoseconds of `clock`. */
  protected readonly due: Float64Array
  protected readonly sent: Float64Array
  protected readonly assigned: Uint8Array
  protected readonly measuredFrom: number
  protected measuredTo: number
  /** Requests that were assigned to a lane and have not ended. */
  protected outstanding = 0
  protected running = false
  #ended = false
  #started = 0
  /** In the table of choices. */
  #place = 0
  /** By slot: 1 when the latest attempt to open it failed. */
  readonly #refused: Uint8Array
  #refusedCount = 0
  #refusedAs: ErrorKind = 'connect'
  readonly #failures: Uint8Array
  readonly #connectingSince: Float64Array
  /** By slot: for how many more requests the connection is used. */
  readonly #usesLeft: Float64Array
  readonly #origin = new Float64Array(1)
  #unopened: Lane[] = []
  #opening = 0
  #established = Promise.withResolvers<void>()
  #finished = Promise.withResolvers<void>()

  constructor(spec: LoopSpec, tally: Tally) {
    this.spec = spec
    this.tally = tally
    this.lanes = spec.lanes(this)
    const slots = this.lanes.length
    this.due = new Float64Array(slots)
    this.sent = new Float64Array(slots)
    this.assigned = new Uint8Array(slots)
    this.measuredFrom = spec.warmUpNs
    this.measuredTo = spec.warmUpNs + spec.durationNs
    this.#refused = new Uint8Array(slots)
    this.#failures = new Uint8Array(slots)
    this.#connectingSince = new Float64Array(slots)
    this.#usesLeft = new Float64Array(slots).fill(Number.POSITIVE_INFINITY)
    this.#origin[0] = performance.now()
  }

  /** Opens the connections that will be kept, so that no request pays for it. Ends when each was tried, or at the limit. */
  async establish(limitMs: number): Promise<void> {
    if (!this.spec.keepAlive || this.spec.startsNs) return
    this.#unopened = [...this.lanes].reverse()
    for (let i = 0; i < openingAtOnce; i++) this.#openNext()
    const limit = setTimeout(this.#established.resolve, limitMs)
    await this.#established.promise
    clearTimeout(limit)
  }

  /** Runs the load. `origin` is the beginning of the warm-up by `performance.now()`. */
  async run(origin: number): Promise<void> {
    this.#origin[0] = origin
    for (const lane of this.#unopened.splice(0)) this.#open(lane)
    this.running = true
    if (this.spec.startsNs) this.#startInTurn(this.spec.startsNs)
    else for (const lane of this.lanes) if (lane.state === 'free' || !this.spec.keepAlive) this.ready(lane)
    const sweepMs = Math.min(100, Math.max(5, this.spec.timeoutNs / 20e6))
    const sweeps = setInterval(() => this.#sweep(), sweepMs)
    this.begin()
    await this.#finished.promise
    this.running = false
    this.#ended = true
    clearInterval(sweeps)
    for (const lane of this.lanes) lane.abort()
  }

  /** The load begins; connections that are ready were told of. */
  protected abstract begin(): void
  /** A connection can be used and has no request. */
  protected abstract ready(lane: Lane): void
  /** The request of this connection ended; the connection may be closed. */
  protected abstract freed(lane: Lane, now: number): void
  /** Called about twenty times a timeout, at most every 5 ms. True when nothing is left to do. */
  protected abstract tend(now: number): boolean
  /** The part of the load that the slot's request belongs to. */
  protected abstract partOf(slot: number): Part

  /** Nanoseconds since the load began. */
  protected clock(): number {
    return (performance.now() - (this.#origin[0] as number)) * 1e6
  }

  /** What an attempt fails with while no connection can be had, since each one's latest attempt failed; else null. */
  protected get unreachable(): ErrorKind | null {
    return this.#refusedCount === this.lanes.length ? this.#refusedAs : null
  }

  /** What the lane's latest attempt to open failed with; null when it did not. */
  protected refusedAt(slot: number): ErrorKind | null {
    return this.#refused[slot] === 1 ? this.#refusedAs : null
  }

  /** Ends the measured part at this moment. */
  stop(): void {
    this.measuredTo = Math.max(this.measuredFrom, Math.min(this.measuredTo, this.clock()))
    this.tally.measured.counters[at.endNs] = this.measuredTo - this.measuredFrom
  }

  protected finish(): void {
    this.#finished.resolve()
  }

  protected assign(lane: Lane, due: number, now: number): void {
    const { slot } = lane
    this.due[slot] = due
    this.sent[slot] = -1
    this.assigned[slot] = 1
    this.outstanding++
    if (lane.state === 'free') this.#send(lane, now)
    else this.#open(lane)
  }

  opened(lane: Lane): void {
    this.#settled()
    this.#refuse(lane.slot, 0)
    if (this.spec.drawUses) this.#usesLeft[lane.slot] = this.spec.drawUses()
    if (!this.running) return
    const now = this.clock()
    if (this.assigned[lane.slot] === 1) this.#send(lane, now)
    else this.ready(lane)
  }

  began(lane: Lane): void {
    const { slot } = lane
    this.partOf(slot).firstMessage.record(this.clock() - (this.due[slot] as number))
  }

  replied(lane: Lane): void {
    const now = this.clock()
    const { slot, refusal } = lane
    const part = this.partOf(slot)
    const sent = this.sent[slot] as number
    part.latency.record(now - (this.due[slot] as number))
    part.serviceTime.record(now - sent)
    part.add(at.requests, 1)
    part.add(at.replies, 1)
    part.add(at.bytes, lane.bytes)
    part.add(at.messages, lane.messages)
    part.counters[at.lastReplyNs] = now - this.measuredFrom
    if (sent < this.measuredTo) part.add(at.onTime, 1)
    if (refusal !== null) part.add(at[refusal], 1)
    this.#failures[slot] = 0
    this.#vacate(slot)
    const usesLeft = (this.#usesLeft[slot] as number) - 1
    this.#usesLeft[slot] = usesLeft
    if (!this.spec.keepAlive || !lane.reusable || usesLeft === 0) lane.retire()
    this.freed(lane, now)
  }

  failed(lane: Lane, kind: ErrorKind): void {
    this.#settled()
    const { slot } = lane
    const sent = this.assigned[slot] === 1 && (this.sent[slot] as number) >= 0
    if (this.assigned[slot] === 1) {
      this.partOf(slot).error(kind)
      this.#vacate(slot)
    }
    if (!sent || kind === 'tls') {
      this.#refuse(slot, 1)
      this.#refusedAs = kind
    }
    this.#rest(lane)
  }

  dropped(lane: Lane): void {
    this.#rest(lane)
  }

  /** Opens a connection that has no request yet, where connections are kept. */
  protected reopen(lane: Lane): void {
    if (lane.state === 'closed' && this.spec.keepAlive) this.#open(lane)
  }

  #open(lane: Lane): void {
    this.#connectingSince[lane.slot] = this.clock()
    lane.open()
  }

  #startInTurn = (startsNs: Float64Array): void => {
    if (this.#ended) return
    const now = this.clock()
    for (; this.#started < this.lanes.length; this.#started++) {
      const waitNs = (startsNs[this.#started] as number) - now
      if (waitNs > 0) {
        setTimeout(this.#startInTurn, waitNs / 1e6, startsNs)
        return
      }
      const lane = this.lanes[this.#started] as Lane
      if (this.spec.keepAlive) this.#open(lane)
      else this.ready(lane)
    }
  }

  #openNext(): void {
    const lane = this.#unopened.pop()
    if (lane === undefined) return
    this.#opening++
    this.#open(lane)
  }

  /** One of the first attempts to connect has ended. */
  #settled(): void {
    if (this.#opening === 0) return
    this.#opening--
    this.#openNext()
    if (this.#opening === 0) this.#established.resolve()
  }

  #send(lane: Lane, now: number): void {
    const { slot } = lane
    this.sent[slot] = now
    this.partOf(slot).add(at.sent, 1)
    const place = this.#place
    this.#place = place + 1 === this.spec.choices.length ? 0 : place + 1
    lane.send(this.spec.choices[place] as number)
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
  #rest(lane: Lane): void {
    const losses = this.#failures[lane.slot] as number
    this.#failures[lane.slot] = Math.min(30, losses + 1)
    setTimeout(
      () => {
        if (this.running) this.freed(lane, this.clock())
        else if (!this.#ended) this.reopen(lane)
      },
      Math.min(longestBackoffMs, 2 ** losses),
    )
  }

  #sweep(): void {
    const now = this.clock()
    const late = now - this.spec.timeoutNs
    for (const lane of this.lanes) {
      const { slot } = lane
      if (this.assigned[slot] === 1) {
        if ((this.due[slot] as number) > late) continue
      } else if (lane.state !== 'connecting' || (this.#connectingSince[slot] as number) > late) continue
      const kind = lane.state === 'connecting' ? 'connect' : 'timeout'
      lane.abort()
      this.failed(lane, kind)
    }
    if (this.tend(now) || now > this.measuredTo + this.spec.timeoutNs + graceNs) this.finish()
  }
}
