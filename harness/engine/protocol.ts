import type { LoadResult, TimelinePoint } from '../../reports/load-result.ts'
import type { TargetedPlan } from '../load/plan.ts'
import type { LoadProgress } from '../load/result/progress.ts'
import type { Observed } from '../load/result/result.ts'
import type { Tally } from '../load/result/tally.ts'
import type { AlarmPlace } from './alarm.ts'

/** One thread's part of a load. */
export interface Share {
  spec: TargetedPlan
  host: string
  port: number
  /** Which of how many threads, from 0. */
  thread: number
  threads: number
  /** What the protocol's `prepare` returned. */
  prepared?: unknown
  /** A number of this load alone: a receiver knows it from others by it. */
  load: number
  /** Set where the thread sleeps until its moments instead of spinning. */
  alarm?: AlarmPlace | undefined
}

/** What one thread runs. */
export interface LoadLoop {
  /** Opens what will be kept open, so that the load does not pay for it; ends at the limit at the latest. */
  establish(limitMs: number): Promise<void>
  /**
   * Runs the load. `origin` is the beginning of the warm-up by `performance.now()`. `ended` is called when the last request has ended:
   * what a loop does after that is no part of the load.
   */
  run(origin: number, ended?: () => void): Promise<void>
  /** Ends the measured part now: no request is sent any more, and those under way may end. */
  stop(): void
}

/** What a phase of the load did: so far, and since the last reading. */
export interface LoadReading {
  progress: LoadProgress
  point: TimelinePoint
}

/** Watches a load from outside its threads. */
export interface Observer {
  /** Called when the phase begins. `read` returns null where nothing is known. */
  meter(phase: LoadProgress['phase']): { read(elapsedMs: number): LoadReading | null | Promise<LoadReading | null> }
  result(observed: Observed): LoadResult | Promise<LoadResult>
}

/** How requests are made of a target. */
export interface Protocol {
  /**
   * Does what is done once for all threads, before anything is sent. What it returns is copied into each thread's share.
   * Throws HarnessError when such a load cannot be made on the target.
   */
  prepare?(spec: TargetedPlan, target: { host: string; port: number }): Promise<unknown>
  /** A loop that is ready to be established and run. What it measures goes to `tally`. */
  createLoop(share: Share, tally: Tally): LoadLoop
  /** Set where the threads' tallies do not show what became of the load. Throws HarnessError LOAD_FAILED when nothing else can. */
  observe?(spec: TargetedPlan, load: number, tallies: readonly Tally[]): Promise<Observer>
}
