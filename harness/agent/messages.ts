import type { LoadResult } from '../../reports/load-result.ts'

/** One line a second while the load runs. `phase` tells warm-up from the measured part; counts are the phase's so far. */
export interface LoadProgress {
  type: 'progress'
  phase: 'warm-up' | 'measured'
  /** Since the phase began. */
  elapsedMs: number
  requests: number
  errors: number
  /** Replies a second and p99 over the last interval; null when it had no reply. */
  rate: number
  p99Us: number | null
  /** Of streams, over the last interval. */
  bitsPerSecond?: number
}

/** An agent of several stands ready and waits for the beginning; `unixMs` is its clock. */
export interface LoadReady {
  type: 'ready'
  unixMs: number
}

/** What the agent writes to stdout, one JSON object a line: progress each second, then one result or one failure. */
export type AgentMessage =
  | LoadReady
  | LoadProgress
  | { type: 'result'; result: LoadResult }
  | { type: 'failure'; code: string; message: string }
