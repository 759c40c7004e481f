/** One line a second while the load runs. Counts are those of its phase so far. */
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
