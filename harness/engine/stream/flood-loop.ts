import type { EventLoopUtilization } from 'node:perf_hooks'
import { at } from '../../load/result/tally.ts'
import type { SegmentStream } from './stream.ts'
import { StreamLoop } from './stream-loop.ts'

/** After so many writes the event loop gets a turn: the kernel might take one write after another at once, for ever. */
const writesAtOnce = 16

/** Every stream sends whenever its connection takes more. */
export class FloodLoop extends StreamLoop {
  #over = false
  #writes = 0
  #useBefore: EventLoopUtilization | undefined

  protected begin(): void {
    this.#measureUse()
    setTimeout(() => this.finish(), Math.max(0, (this.measuredTo - this.clock()) / 1e6))
    for (const stream of this.streams) this.freed(stream)
  }

  protected freed(stream: SegmentStream): void {
    while (!this.#over && stream.free) {
      if (++this.#writes % writesAtOnce === 0) {
        setImmediate(() => this.#send(stream))
        return
      }
      stream.send(false, 0, 0)
    }
  }

  protected override finish(): void {
    this.#over = true
    if (this.#useBefore)
      this.tally.measured.counters[at.busyNs] = performance.eventLoopUtilization(this.#useBefore).active * 1e6
    super.finish()
  }

  #send(stream: SegmentStream): void {
    if (this.#over || !stream.free) return
    stream.send(false, 0, 0)
    this.freed(stream)
  }

  #measureUse(): void {
    setTimeout(
      () => {
        this.#useBefore = performance.eventLoopUtilization()
      },
      Math.max(0, (this.measuredFrom - this.clock()) / 1e6),
    )
  }
}
