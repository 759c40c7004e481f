import { type MetricName, metrics, type Values } from './definitions.ts'

/** The values of one source at one time, ms since 1970. */
export interface Reading {
  atMs: number
  values: Values
}

/** A value, and for a counter how fast it grew since the reading before. */
export interface Point {
  atMs: number
  value: bigint
  /** Null for what is no counter, for the first reading, and between two of the same time. */
  ratePerSecond: number | null
  /** The counter began again since the reading before. */
  reset: boolean
}

/**
 * The points of one metric; readings without it are left out. They are of one source and in the order of their times.
 *
 * A counter that fell began again at zero, as Prometheus reads counters (`rate`): what it shows was counted since. So did all
 * counters of a scheduler whose process is another one.
 */
export function pointsOf(metric: MetricName, readings: Iterable<Reading>): Point[] {
  const points: Point[] = []
  let before: Reading | null = null
  for (const reading of readings) {
    const value = reading.values[metric]
    if (value === undefined) continue
    points.push({ atMs: reading.atMs, value, ...growth(metric, value, before, reading) })
    before = reading
  }
  return points
}

function growth(metric: MetricName, value: bigint, before: Reading | null, now: Reading) {
  const last = before?.values[metric]
  if (metrics[metric].kind !== 'counter' || before === null || last === undefined)
    return { ratePerSecond: null, reset: false }
  const reset = value < last || restarted(before.values.usersched_pid, now.values.usersched_pid)
  const seconds = (now.atMs - before.atMs) / 1000
  return { ratePerSecond: seconds > 0 ? Number(value - (reset ? 0n : last)) / seconds : null, reset }
}

const restarted = (before: bigint | undefined, now: bigint | undefined) =>
  before !== undefined && now !== undefined && before !== now
