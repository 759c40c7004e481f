import type { Lane } from '../lane.ts'

/** What is due when, and on which lane it may leave. */
export interface Agenda {
  /** `[0]` is when the next request is due; Infinity when none is. Typed, so that reading it never allocates. */
  readonly next: Float64Array
  /** Whether a closed connection is opened before it has its next request. */
  readonly opensAhead: boolean
  /** Takes note that a lane is free for its next request. */
  offer(lane: Lane, now: number): void
  /** Takes note that a lane is closed, and may be opened for a request that is due. */
  spare(lane: Lane, now: number): void
  /** Sends what is due, as far as lanes are free. Returns whether anything left. */
  sendDue(now: number): boolean
  /** Whether what is due waits for a lane, and nothing is to be done until one is free. */
  waits(now: number): boolean
  /** Counts what has been due for too long as failed. */
  giveUp(now: number): void
  /** Whether everything that was to be sent has ended. */
  over(now: number): boolean
  /** As of a pacer. */
  stop(): void
  /** As of a pacer. */
  endNs(): number
}
