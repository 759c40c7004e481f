import type { Outcome, Source } from '../record.ts'

/** What the index knows of a run. */
export interface RunRow {
  id: string
  /** Of its record, below the store's location. */
  path: string
  /** ISO 8601. */
  startedAt: string
  durationMs: number
  outcome: Outcome
  profile: string
  /** The provider. */
  cluster: string
  suites: string[]
  /** As in its figures; null where it has none. */
  environment: string | null
  source: Source | null
}

/** All that are named must fit. */
export interface RunFilter {
  suite?: string
  cluster?: string
  environment?: string
  /** A commit or the first digits of one. */
  commit?: string
  /** At most so many, the newest. */
  limit?: number
}

/** A record that says nothing, and why. */
export interface Unreadable {
  path: string
  reason: string
}

/** All that are named must fit. */
export interface FigureFilter {
  suite?: string
  test?: string
  arm?: string
  /** Null: only figures of arms by themselves. */
  over?: string | null
  indicator?: string
  form?: 'value' | 'ratio'
  environment?: string
  settings?: string
  /** ISO 8601: only of runs that started earlier. */
  before?: string
  /** At most so many runs of each series, the newest. */
  last?: number
}
