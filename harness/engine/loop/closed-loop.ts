import type { EventLoopUtilization } from 'node:perf_hooks'
import { at, type Part, type Tally } from '../../load/result/tally.ts'
import type { Lane } from '../lane.ts'
import { Loop, type LoopSpec } from './loop.ts'

/** Each connection sends its next request when the reply is there. Connecting anew, where it must, counts in the latency. */
export class ClosedLoop extends Loop {
  /** Measured requests still to be sent. */
  #left: number
  #usedBefore: EventLoopUtilization | undefined
  #measuring: NodeJS.Timeout | undefined

  constructor(spec: LoopSpec, tally: Tally) {
    super(spec, tally)
    this.#left = spec.maxRequests ?? Number.POSITIVE_INFINITY
  }

  protected begin(): void {
    const later = (moment: number, act: () => void) => {
      this.#measuring = setTimeout(act, Math.max(0, (moment - this.clock()) / 1e6))
    }
    later(this.measuredFrom, () => {
      this.#usedBefore = performance.eventLoopUtilization()
      later(this.measuredTo, this.#measureUse)
    })
  }

  override stop(): void {
    super.stop()
    this.#measureUse()
  }

  protected ready(lane: Lane): void {
    this.freed(lane, this.clock())
  }

  protected freed(lane: Lane, now: number): void {
    if (now < this.measuredTo && this.#left > 0) {
      if (now >= this.measuredFrom) this.#left--
      this.assign(lane, now, now)
    } else this.#settle(now)
  }

  protected tend(now: number): boolean {
    if (now >= this.measuredTo || this.#left === 0) this.#settle(now)
    return false
  }

  protected partOf(slot: number): Part {
    return this.tally.part((this.due[slot] as number) >= this.measuredFrom)
  }

  #settle(now: number): void {
    if (this.outstanding > 0) return
    if (this.#left === 0 && now < this.measuredTo) this.stop()
    this.finish()
  }

  /** A closed loop sleeps whenever it has nothing to do, so the event loop's own account tells how busy it was. */
  #measureUse = (): void => {
    clearTimeout(this.#measuring)
    const before = this.#usedBefore
    this.#usedBefore = undefined
    if (before) this.tally.measured.counters[at.busyNs] = performance.eventLoopUtilization(before).active * 1e6
  }
}
