import type { LoadResult, TimelinePoint } from '../../reports/load-result.ts'
import type { TargetedPlan } from '../load/plan.ts'
import type { LoadProgress } from '../load/result/progress.ts'
import type { Observed } from '../load/result/result.ts'
import type { Tally } from '../load/result/tally.ts'

/** One thread's part of a load. */
export interface Share {
  spec: TargetedPlan
  host: string
  port: number
  /** Which of how many threads, from 0. */
  thread: number
  threads: number
  /** What the protocol's `prepare` answered. */
  prepared?: unknown
  /** A number that this load has to itself, by which a receiver can tell it from others. */
  load: number
}

/** What one thread runs. */
export interface LoadLoop {
  /** Opens what will be kept open, so that the load does not pay for it; ends at the limit at the latest. */
  establish(limitMs: number): Promise<void>
  /** Runs the load. `origin` is the beginning of the warm-up by `performance.now()`. */
  run(origin: number): Promise<void>
  /** Ends the measured part now: nothing more is begun, and what is under way may end. Absent: it cannot be ended early. */
  stop?(): void
}

/** What a phase of the load did since the last reading, and so far. */
export interface Observation {
  progress: LoadProgress
  point: TimelinePoint
}

/** What is seen of a load from outside its threads. */
export interface Observer {
  /** Called when the phase begins. Null is answered by `read` where nothing can be told. */
  meter(phase: LoadProgress['phase']): { read(elapsedMs: number): Observation | null | Promise<Observation | null> }
  result(observed: Observed): LoadResult | Promise<LoadResult>
}

/** How a target is spoken to. */
export interface Protocol {
  /**
   * What is to be done once for all threads, before anything is sent: its answer, which is copied to them, is in their shares.
   * Throws HarnessError when the target cannot be loaded as told.
   */
  prepare?(spec: TargetedPlan, target: { host: string; port: number }): Promise<unknown>
  /** A loop that is ready to be established and run. What it measures goes to `tally`. */
  createLoop(share: Share, tally: Tally): LoadLoop
  /** Where the threads' tallies do not tell what became of the load: what does. Throws HarnessError LOAD_FAILED when it cannot. */
  observe?(spec: TargetedPlan, load: number, tallies: readonly Tally[]): Promise<Observer>
}
