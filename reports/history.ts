import type { Figure } from './figures.ts'

/** One run in a history. */
export type HistoryRun = Pick<Figure, 'run' | 'startedAt' | 'source' | 'value' | 'interval'>

/** How far values moved, with an interval at 95 %: of values above 0 a share of what they were, else in their unit. */
export interface Size {
  of: 'share' | 'unit'
  value: number
  interval: readonly [number, number] | null
}

/** A change between two runs that lasted: one event, however many runs follow. */
export interface HistoryEvent {
  /** Of the first run after it, among the runs. */
  index: number
  /** Middles of up to 50 runs before and after it, in the figure's unit. */
  before: number
  after: number
  size: Size
  pValue: number
  better: boolean
  /** The latest run made it certain: it was not found without it. */
  isNew: boolean
  /** Of the last run before it and the first after it; null where the run does not know. */
  commits: { from: string | null; to: string | null }
  /** Where the repository is at hand: the commits after the first of these up to the second, as git has them in one line, the newest first. */
  log?: string[]
}

/** The runs that the latest one is to be seen beside: those since the last change, without the latest itself. */
export interface Baseline {
  runs: number
  /** When the first and the last of them began. */
  from: string
  to: string
  median: number
  /** The scatter of runs, as a standard deviation. Null of one run. */
  noise: number | null
}

/** The straight line through the runs since the last change. */
export interface HistoryTrend {
  /** The index of its first run, and where it is there and at the last run. */
  first: number
  start: number
  end: number
  /** How far it goes from its first to its last run. */
  size: Size
  pValue: number
  /** It goes somewhere: p ≤ 0.001, and by more than the scatter of runs. */
  clear: boolean
}

/** One figure from run to run, all of them on like machines and of one workload, load and design. */
export interface History extends Pick<Figure, 'suite' | 'test' | 'arm' | 'over' | 'indicator' | 'unit' | 'form'> {
  environment: string
  /** The oldest first. */
  runs: HistoryRun[]
  events: HistoryEvent[]
  /** Null of a first run, or of the first after a change. */
  baseline: Baseline | null
  /** Null of fewer than 10 runs since the last change. */
  trend: HistoryTrend | null
  /** The scatter of runs about the levels between changes, as a standard deviation. Null of one run. */
  noise: number | null
  /** Runs that have the figure and are no part of it: on other machines or clusters, or of other loads and settings. */
  leftOut: { environment: number; settings: number }
}
