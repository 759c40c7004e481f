import type { Lane } from './lane.ts'
import { Loop } from './loop.ts'
import { at, type Part } from './tally.ts'

/** Each connection sends its next request when the reply is there. Connecting anew, where it must, counts in the latency. */
export class ClosedLoop extends Loop {
  protected begin(): void {
    this.#measureUse()
  }

  protected ready(lane: Lane): void {
    this.freed(lane, this.clock())
  }

  protected freed(lane: Lane, now: number): void {
    if (now < this.measuredTo) this.assign(lane, now, now)
    else if (this.outstanding === 0) this.finish()
  }

  protected tend(now: number): boolean {
    return now >= this.measuredTo && this.outstanding === 0
  }

  protected partOf(slot: number): Part {
    const sent = this.sent[slot] as number
    const began = sent < 0 ? (this.due[slot] as number) : sent
    return this.tally.part(began >= this.measuredFrom)
  }

  /** A closed loop sleeps whenever it has nothing to do, so the event loop's own account tells how busy it was. */
  #measureUse(): void {
    const untilMs = (moment: number) => Math.max(0, (moment - this.clock()) / 1e6)
    setTimeout(() => {
      const before = performance.eventLoopUtilization()
      setTimeout(() => {
        const { active } = performance.eventLoopUtilization(before)
        this.tally.measured.counters[at.busyNs] = active * 1e6
      }, untilMs(this.measuredTo))
    }, untilMs(this.measuredFrom))
  }
}
