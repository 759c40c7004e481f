import type { TargetedPlan } from '../../load/plan.ts'
import { at, type Tally } from '../../load/result/tally.ts'
import type { LoadLoop } from '../protocol.ts'
import type { SegmentStream } from './stream.ts'

/** Runs a thread's streams; subclasses decide when each sends. */
export abstract class StreamLoop implements LoadLoop {
  protected readonly streams: readonly SegmentStream[]
  protected readonly tally: Tally
  protected readonly measuredFrom: number
  protected readonly measuredTo: number
  readonly #spec: TargetedPlan
  readonly #origin = new Float64Array(1)
  readonly #finished = Promise.withResolvers<void>()

  constructor(spec: TargetedPlan, streams: readonly SegmentStream[], tally: Tally) {
    this.#spec = spec
    this.streams = streams
    this.tally = tally
    this.measuredFrom = spec.warmUpMs * 1e6
    this.measuredTo = this.measuredFrom + spec.durationMs * 1e6
  }

  /** Throws when one of the streams cannot be opened: a load of fewer is another load. */
  async establish(limitMs: number): Promise<void> {
    const opened = await Promise.allSettled(this.streams.map((stream) => stream.open(limitMs)))
    const failed = opened.filter((one) => one.status === 'rejected')
    if (failed.length === 0) return
    const why = new Set(failed.map(({ reason }) => (reason as Error).message))
    throw new Error(`${failed.length} of ${this.streams.length} streams could not be opened: ${[...why].join(', ')}`)
  }

  async run(origin: number, ended?: () => void): Promise<void> {
    this.#origin[0] = origin
    this.streams.forEach((stream, i) => {
      stream.onChange = () => this.#changed(stream, i)
    })
    this.begin()
    await this.#finished.promise
    this.tally.measured.counters[at.closed] = this.streams.filter(({ broken }) => broken !== null).length
    await Promise.all(this.streams.map((stream) => stream.close(this.#spec.timeoutMs)))
    ended?.()
  }

  stop(): void {
    this.finish()
  }

  protected abstract begin(): void
  /** The stream takes segments again. */
  protected abstract freed(stream: SegmentStream, index: number): void

  /** Nanoseconds since the load began. */
  protected clock(): number {
    return (performance.now() - (this.#origin[0] as number)) * 1e6
  }

  /** Add to `clock` to get this thread's `performance.now()` in nanoseconds. */
  protected get originNs(): number {
    return (this.#origin[0] as number) * 1e6
  }

  protected finish(): void {
    this.#finished.resolve()
  }

  #changed(stream: SegmentStream, index: number): void {
    if (stream.broken === null) this.freed(stream, index)
    else if (this.streams.every(({ broken }) => broken !== null)) this.finish()
  }
}
