import { monotonicOffsetNs } from '../../../clusters/workloads/clock.ts'
import type { TargetedPlan } from '../../load/plan.ts'
import { at, type Tally } from '../../load/result/tally.ts'
import { type StreamPlan, segmentCount, segmentRate } from './plan.ts'
import type { SegmentStream } from './stream.ts'
import { StreamLoop } from './stream-loop.ts'

/** Further from its next segment than this the loop sleeps; it wakes `wakeEarlyNs` before and spins. */
const sleepBeyondNs = 4e6
const wakeEarlyNs = 2e6
/** After so many segments at once the event loop gets a turn. */
const longestBurst = 64
/** A sender this far behind gives up: what it can send is known by then. */
const longestLagNs = 1e9

/**
 * Segments leave when they are due, m / rate after the part's beginning, and belong to the streams in turn. One that is late leaves
 * as soon as it can; those of the warm-up that have not left at its end never do.
 */
export class PacedLoop extends StreamLoop {
  readonly #numbers: readonly number[]
  readonly #allStreams: number
  readonly #gapNs: number
  readonly #counts: readonly [number, number]
  readonly #giveUpNs: number
  /** By index of the stream. */
  readonly #freeSince: Float64Array
  /** `[0]`: when the next segment is due; Infinity after the last. `[1]`: when the present turn began. */
  readonly #times = Float64Array.of(0, 0)
  #measured = 0
  /** The next segment is this one of the stream with this index. */
  #round = 0
  #index = 0
  #worked = false
  #over = false

  constructor(spec: TargetedPlan, plan: StreamPlan, streams: readonly SegmentStream[], tally: Tally) {
    super(spec, streams, tally)
    const rate = segmentRate(plan) as number
    this.#numbers = streams.map(({ number }) => number)
    this.#allStreams = spec.connections
    this.#gapNs = 1e9 / rate
    this.#counts = [segmentCount(rate, spec.warmUpMs * 1e6), segmentCount(rate, spec.durationMs * 1e6)]
    this.#giveUpNs = Math.min(longestLagNs, (spec.durationMs * 1e6) / 2)
    this.#freeSince = new Float64Array(streams.length)
  }

  protected begin(): void {
    this.#schedule()
    this.#times[1] = this.clock()
    this.#tick()
  }

  protected freed(_: SegmentStream, index: number): void {
    this.#freeSince[index] = this.clock()
  }

  protected override finish(): void {
    this.#over = true
    this.tally.measured.counters[at.lastReplyNs] = this.clock() - this.measuredFrom
    super.finish()
  }

  #tick = (): void => {
    if (this.#over) return
    const from = this.clock()
    if (this.#worked) this.#account(this.#times[1] as number, from)
    this.#times[1] = from
    if (this.#measured === 0 && from >= this.measuredFrom) this.#beginMeasured()
    this.#worked = this.#pump(from) > 0
    const due = this.#times[0] as number
    const now = this.clock()
    if (due === Number.POSITIVE_INFINITY || (this.#measured === 1 && now - due > this.#giveUpNs)) {
      if (this.#worked) this.#account(from, now)
      this.finish()
      return
    }
    if (due - now < sleepBeyondNs) {
      setImmediate(this.#tick)
      return
    }
    if (this.#worked) this.#account(from, now)
    this.#worked = false
    setTimeout(this.#tick, Math.floor((due - now - wakeEarlyNs) / 1e6))
  }

  /** Sends what is due and can be sent. Returns how many segments that were. */
  #pump(from: number): number {
    const measured = this.#measured
    const part = this.tally.part(measured === 1)
    const toMonotonicNs = this.originNs + monotonicOffsetNs
    let sent = 0
    let now = from
    while ((this.#times[0] as number) <= now && sent < longestBurst && this.#measured === measured) {
      const stream = this.streams[this.#index] as SegmentStream
      if (stream.broken === null) {
        if (!stream.free) break
        const due = this.#times[0] as number
        const free = this.#freeSince[this.#index] as number
        stream.send(measured === 1, this.#round, now + toMonotonicNs)
        part.connectionWait.record(Math.max(0, free - due))
        part.sendLag.record(now - Math.max(free, due))
        sent++
        now = this.clock()
      }
      if (++this.#index === this.streams.length) {
        this.#index = 0
        this.#round++
      }
      this.#schedule()
    }
    part.add(at.sent, sent)
    return sent
  }

  #schedule(): void {
    const number = (this.#numbers[this.#index] as number) + this.#round * this.#allStreams
    const start = this.#measured === 1 ? this.measuredFrom : 0
    if (number < (this.#counts[this.#measured] as number)) this.#times[0] = start + number * this.#gapNs
    else if (this.#measured === 1) this.#times[0] = Number.POSITIVE_INFINITY
    else this.#beginMeasured()
  }

  #beginMeasured(): void {
    this.#measured = 1
    this.#round = 0
    this.#index = 0
    this.#schedule()
  }

  #account(from: number, to: number): void {
    if (from >= this.measuredFrom) this.tally.measured.add(at.busyNs, to - from)
  }
}
