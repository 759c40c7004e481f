import type { Samples } from '../../load/result/samples.ts'
import { at, type ErrorKind, errorKinds, type Part, type Tally } from '../../load/result/tally.ts'
import type { Turns } from '../../load/schedule/turns.ts'
import type { Lane, LaneOwner } from '../lane.ts'
import type { LoadLoop } from '../protocol.ts'
import type { LoadClock, Timer } from './clock.ts'
import { KeptConnections } from './kept-connections.ts'
import { Openings } from './openings.ts'
import type { LoopSpec, Pacer, Sender } from './pacer.ts'
import { Refusals } from './refusals.ts'

const longestBackoffMs = 500
/** After the load: for replies that no request waits for. A server that answers twice has some on their way at any time. */
const surplusWaitMs = 100
/** Past the last moment that a request could time out. */
const graceNs = 1e9

/** Of a sample's end. */
const failedAs = (kind: ErrorKind) => -1 - errorKinds.indexOf(kind)

/** A thread's lanes, what each one is asked, and how failures are met. When requests leave is its pacer's business. */
export class RequestLoop implements LoadLoop, LaneOwner, Sender {
  readonly keepAlive: boolean
  readonly timeoutNs: number
  readonly clock: LoadClock
  readonly tally: Tally
  readonly lanes: readonly Lane[]
  readonly measuredFrom: number
  measuredTo: number
  readonly turns: Turns | undefined
  running = false
  outstanding = 0
  readonly lastLeft = new Float64Array(1)
  readonly lastOpened = Float64Array.of(Number.NEGATIVE_INFINITY)
  readonly #pacer: Pacer
  readonly #startsNs: Float64Array | undefined
  readonly #drawUses: (() => number) | undefined
  readonly #choices: Uint16Array
  /** In the table of choices. */
  #place = 0
  /** By slot: intended start of the request the lane has, and its actual send (−1 before). Nanoseconds of `clock`. */
  readonly #due: Float64Array
  readonly #sent: Float64Array
  readonly #assigned: Uint8Array
  readonly #samples: Samples | undefined
  /** By slot, of a load that is measured by units: the send lag of its request, and when the first message of several came (0: none). */
  readonly #lag: Float64Array
  readonly #first: Float64Array
  /** By slot: losses in a row. */
  readonly #failures: Uint8Array
  /** By slot: 1 while a lane that was lost rests. */
  readonly #resting: Uint8Array
  readonly #kept: KeptConnections
  /** By slot: for how many more requests the connection is used. */
  readonly #usesLeft: Float64Array
  readonly #refusals: Refusals
  readonly #openings = new Openings((lane) => this.#open(lane))
  /** Lanes that were started in turn. */
  #started = 0
  #ended = false
  #sweeps: Timer | undefined
  readonly #finished = Promise.withResolvers<void>()

  constructor(spec: LoopSpec, tally: Tally, clock: LoadClock, createPacer: (sender: Sender) => Pacer) {
    this.keepAlive = spec.keepAlive
    this.timeoutNs = spec.timeoutNs
    this.clock = clock
    this.tally = tally
    this.lanes = spec.lanes(this)
    this.measuredFrom = spec.warmUpNs
    this.measuredTo = spec.warmUpNs + spec.durationNs
    this.turns = spec.turns
    this.#startsNs = spec.startsNs
    this.#drawUses = spec.drawUses
    this.#choices = spec.choices
    const slots = this.lanes.length
    this.#due = new Float64Array(slots)
    this.#sent = new Float64Array(slots)
    this.#assigned = new Uint8Array(slots)
    this.#samples = tally.samples
    this.#lag = new Float64Array(slots)
    this.#first = new Float64Array(slots)
    this.#failures = new Uint8Array(slots)
    this.#resting = new Uint8Array(slots)
    this.#kept = new KeptConnections(this.lanes, spec.lanesPerConnection, tally)
    this.#usesLeft = new Float64Array(slots).fill(Number.POSITIVE_INFINITY)
    this.#refusals = new Refusals(slots)
    this.#pacer = createPacer(this)
  }

  async establish(limitMs: number): Promise<void> {
    if (this.keepAlive && !this.#startsNs) await this.#openings.tryAll(this.lanes, this.clock, limitMs)
  }

  async run(origin: number, ended?: () => void): Promise<void> {
    const before = this.clock.now()
    this.clock.startAt(origin)
    this.#kept.shift(this.clock.now() - before)
    // What left before the beginning would be one more than was asked for.
    this.clock.spinUntil(Float64Array.of(0))
    this.#openings.tryRest()
    this.running = true
    if (this.#startsNs) this.#startInTurn(this.#startsNs)
    else for (const lane of this.lanes) if (lane.state !== 'connecting' && !this.rests(lane.slot)) this.#free(lane)
    this.#sweepLater()
    this.#pacer.begin()
    await this.#finished.promise
    this.running = false
    this.#ended = true
    this.clock.cancel(this.#sweeps)
    if (this.keepAlive) this.#kept.note()
    ended?.()
    await this.#awaitSurplus()
    for (const lane of this.lanes) lane.abort()
  }

  /** Lanes tell of it themselves. */
  async #awaitSurplus(): Promise<void> {
    for (const lane of this.lanes) if (lane.state !== 'free') lane.abort()
    if (!this.lanes.some(({ state }) => state === 'free')) return
    await new Promise<void>((resolve) => this.clock.after(surplusWaitMs, resolve))
  }

  stop(): void {
    this.measuredTo = Math.max(this.measuredFrom, Math.min(this.measuredTo, this.#endNow()))
    this.#noteEnd(this.measuredTo)
    this.#pacer.stop()
  }

  finish(): void {
    const end = this.#pacer.endNs()
    if (end < this.measuredTo) this.#noteEnd(end)
    this.#finished.resolve()
  }

  get unreachable(): ErrorKind | null {
    return this.#refusals.ofAll
  }

  refusedAt(slot: number): ErrorKind | null {
    return this.#refusals.of(slot)
  }

  rests(slot: number): boolean {
    return this.#resting[slot] === 1
  }

  measures(due: number): boolean {
    return this.turns === undefined ? due >= this.measuredFrom : this.turns.measures(due)
  }

  partAt(due: number): Part {
    return this.tally.part(this.measures(due))
  }

  assign(lane: Lane, due: number, now: number): void {
    const { slot } = lane
    this.#due[slot] = due
    this.#sent[slot] = -1
    this.#lag[slot] = 0
    this.#first[slot] = 0
    this.#assigned[slot] = 1
    this.outstanding++
    if (lane.state === 'free') this.#send(lane, now)
    else this.#open(lane)
  }

  launch(lane: Lane, due: number, free: number): number {
    const now = this.clock.now()
    this.assign(lane, due, now)
    this.lastLeft[0] = now
    const part = this.partAt(due)
    const lag = now - Math.max(free, due)
    this.#lag[lane.slot] = lag
    part.add(at.scheduled, 1)
    part.connectionWait.record(Math.max(0, free - due))
    part.sendLag.record(lag)
    return now
  }

  refuse(due: number, kind: ErrorKind): void {
    const part = this.partAt(due)
    part.add(at.scheduled, 1)
    part.error(kind)
    this.#keep(part, due, -1, failedAs(kind), 0, 0)
  }

  reopen(lane: Lane): void {
    if (lane.state === 'closed' && this.keepAlive) this.#open(lane)
  }

  opened(lane: Lane): void {
    this.#openings.settled()
    this.#refusals.remove(lane.slot)
    this.#kept.begun(lane.slot, this.clock.now())
    if (this.#drawUses) this.#usesLeft[lane.slot] = this.#drawUses()
    if (!this.running) return
    if (this.#assigned[lane.slot] === 1) this.#send(lane, this.clock.now())
    else this.#free(lane)
  }

  began(lane: Lane): void {
    const due = this.#due[lane.slot] as number
    const now = this.clock.now()
    this.#first[lane.slot] = now
    this.partAt(due).firstMessage.record(now - due)
  }

  replied(lane: Lane): void {
    const now = this.clock.now()
    const { slot, refusal } = lane
    const due = this.#due[slot] as number
    const sent = this.#sent[slot] as number
    const part = this.partAt(due)
    // Before the reply, as in `Part.error`.
    if (refusal !== null) {
      part.add(at[refusal], 1)
      if (!this.tally.hasWords(refusal)) this.tally.noteWords(refusal, lane.refusalWords)
    }
    part.latency.record(now - due)
    part.serviceTime.record(now - sent)
    part.add(at.replies, 1)
    part.add(at.bytes, lane.bytes)
    part.add(at.messages, lane.messages)
    part.counters[at.lastReplyNs] = now - this.measuredFrom
    if (sent < this.measuredTo) part.add(at.onTime, 1)
    const end = refusal === null ? now : failedAs(refusal)
    this.#keep(part, due, sent, end, this.#lag[slot] as number, this.#first[slot] as number)
    this.#failures[slot] = 0
    this.#kept.replied(slot)
    this.#vacate(slot)
    const usesLeft = (this.#usesLeft[slot] as number) - 1
    this.#usesLeft[slot] = usesLeft
    if (!this.keepAlive || !lane.reusable || usesLeft === 0) lane.retire()
    this.#pacer.freed(lane, now)
  }

  failed(lane: Lane, kind: ErrorKind): void {
    if (this.#ended) return
    this.#openings.settled()
    const { slot } = lane
    const sent = this.#assigned[slot] === 1 && (this.#sent[slot] as number) >= 0
    if (this.#assigned[slot] === 1) {
      const due = this.#due[slot] as number
      const part = this.partAt(due)
      part.error(kind)
      this.#keep(part, due, this.#sent[slot] as number, failedAs(kind), this.#lag[slot] as number, 0)
      this.#vacate(slot)
    }
    const refused = !sent || kind === 'tls'
    if (refused) {
      this.#refusals.add(slot, kind)
      this.#kept.failed(slot, kind)
    } else if (kind === 'closed') this.#kept.closed(slot, this.clock.now(), Number.NaN)
    else this.#kept.had(slot)
    this.#rest(lane)
    if (this.running && !refused) this.#pacer.spare(lane, this.clock.now())
  }

  dropped(lane: Lane, orderly: boolean): void {
    if (this.#ended) return
    this.#kept.closed(lane.slot, this.clock.now(), this.#sent[lane.slot] as number)
    if (!orderly) this.#rest(lane)
    if (this.running) this.#pacer.spare(lane, this.clock.now())
  }

  #open(lane: Lane): void {
    const now = this.clock.now()
    this.#kept.begun(lane.slot, now)
    this.lastOpened[0] = now
    lane.open()
  }

  #free(lane: Lane): void {
    this.#pacer.freed(lane, this.clock.now())
  }

  #startInTurn(startsNs: Float64Array): void {
    if (this.#ended) return
    const now = this.clock.now()
    for (; this.#started < this.lanes.length; this.#started++) {
      const waitNs = (startsNs[this.#started] as number) - now
      if (waitNs > 0) {
        this.clock.after(waitNs / 1e6, () => this.#startInTurn(startsNs))
        return
      }
      const lane = this.lanes[this.#started] as Lane
      if (this.keepAlive) this.#open(lane)
      else this.#free(lane)
    }
  }

  #send(lane: Lane, now: number): void {
    const { slot } = lane
    this.#sent[slot] = now
    this.partAt(this.#due[slot] as number).add(at.sent, 1)
    const place = this.#place
    this.#place = place + 1 === this.#choices.length ? 0 : place + 1
    lane.send(this.#choices[place] as number)
  }

  #vacate(slot: number): void {
    this.#assigned[slot] = 0
    this.outstanding--
  }

  /**
   * A target that refuses, or closes what it accepted, must not make the loop spin: each loss in a row doubles the rest. Arrivals of an
   * open loop come at their own pace, and do not wait for it.
   */
  #rest(lane: Lane): void {
    const { slot } = lane
    const losses = this.#failures[slot] as number
    this.#failures[slot] = Math.min(30, losses + 1)
    if (this.rests(slot)) return
    this.#resting[slot] = 1
    this.clock.after(Math.min(longestBackoffMs, 2 ** losses), () => {
      this.#resting[slot] = 0
      // A request had it opened meanwhile.
      if (this.#assigned[slot] === 1 || lane.state !== 'closed') return
      if (this.running) this.#free(lane)
      else if (!this.#ended) this.reopen(lane)
    })
  }

  #sweepLater(): void {
    this.#sweeps = this.clock.after(Math.min(100, Math.max(5, this.timeoutNs / 20e6)), this.#sweep)
  }

  #sweep = (): void => {
    this.#sweepLater()
    const now = this.clock.now()
    const late = now - this.timeoutNs
    // First, or a lane that is lost below would be given what has waited for too long.
    const over = this.#pacer.tend(now)
    for (const lane of this.lanes) {
      const { slot } = lane
      if (this.#assigned[slot] === 1) {
        if ((this.#due[slot] as number) > late) continue
      } else if (lane.state !== 'connecting' || this.#kept.since(slot) > late) continue
      const kind = lane.state === 'connecting' ? 'connect' : 'timeout'
      lane.abort()
      this.failed(lane, kind)
    }
    if (this.#samples !== undefined) this.#noteSettled(now)
    if (over || now > this.measuredTo + this.timeoutNs + graceNs) this.finish()
  }

  #keep(part: Part, due: number, sent: number, end: number, lag: number, first: number): void {
    if (this.#samples === undefined || part !== this.tally.measured) return
    this.#samples.add(due, sent, end, lag, first)
  }

  /** What waits for a lane is behind by as much as the pacer says; what has one may not have ended. */
  #noteSettled(now: number): void {
    const { counters } = this.tally.measured
    let settled = now - (counters[at.behindNs] as number)
    for (let slot = 0; slot < this.lanes.length; slot++)
      if (this.#assigned[slot] === 1) settled = Math.min(settled, this.#due[slot] as number)
    counters[at.settledNs] = settled
  }

  /** A load of units ends with what has ended: what waits was due in a unit that is not over, and no failure of the arm's. */
  #endNow(): number {
    const now = this.clock.now()
    if (this.#samples === undefined) return now
    this.#pacer.tend(now)
    this.#noteSettled(now)
    return this.tally.measured.counters[at.settledNs] as number
  }

  #noteEnd(moment: number): void {
    this.tally.measured.counters[at.endNs] = moment - this.measuredFrom
  }
}
