import type { Verdict } from '../../reports/record.ts'
import type { LeftUnits } from './blocks.ts'
import { compare, type Estimate, type LimitCheck } from './limit.ts'
import { type Point, pointsOf, type Reading } from './points.ts'
import { pooledEstimate } from './pooled.ts'
import { batchInterval, lastLook, lookError } from './statistics/batches.ts'
import type { Interval } from './statistics/interval.ts'
import { middle } from './statistics/middle.ts'
import { signInterval } from './statistics/sign-process.ts'

/** How an experiment of units is looked at. */
export interface Look extends Reading {
  /** So many limits on differences of one arm share the error. */
  family: number
}

export interface UnitEstimate extends Estimate {
  /** What it is made from; empty of pooled counts. */
  points: Point[]
  left: LeftUnits[]
}

/** Judges a limit by the units of an experiment; while it is running with intervals that may be looked at after every unit. */
export function estimateByUnits(check: LimitCheck, look: Look): UnitEstimate {
  if (check.indicator.counts) return { ...pooledEstimate(check, look), points: [], left: [] }
  const { points, left } = pointsOf(check, look)
  return { ...estimateOf(check, points, look), points, left }
}

/** Their median with its interval: of differences the sign e-process's, of an arm by itself that of batches. */
export function estimateOf(
  check: LimitCheck,
  points: readonly Point[],
  look: Pick<Look, 'running' | 'family'>,
): Estimate {
  const values = points.map(({ value }) => value)
  const measured = values.length === 0 ? null : center(check.kind, values)
  const interval = check.over ? differenceInterval(check.limit, values, look.family) : ownInterval(values, look.running)
  return { measured, interval, outcome: interval ? compare(check.limit, interval) : 'inconclusive' }
}

/** The median; of ratios that of their logarithms. */
function center(kind: Verdict['kind'], values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  return kind === 'share' ? Math.exp(middle(sorted.map(Math.log))) : middle(sorted)
}

/** The side on which a limit is broken shares its error with the other limits. */
function differenceInterval({ max }: Verdict['limit'], values: readonly number[], family: number): Interval | null {
  const sorted = Float64Array.from(values).sort()
  return max === undefined ? signInterval(sorted, 1, family) : signInterval(sorted, family, 1)
}

const ownInterval = (values: readonly number[], running: boolean) =>
  running ? batchInterval(values.slice(0, lastLook(values.length)), lookError) : batchInterval(values)
