import { percentileOf } from './percentiles.ts'
import type { Arm, Experiment, Verdict } from './record.ts'
import { unitsOf, unitsPercentileUs } from './units.ts'

/** What one arm has more than another (of a share, how many times as much) in one unit, at its middle. */
export interface UnitDifference {
  seconds: number
  /** In the verdict's unit. */
  value: number
}

type About = Pick<Verdict, 'kind' | 'indicator' | 'arm' | 'over' | 'units'>

/**
 * The differences that a verdict on a percentile rests on, unit by unit; units are taken together where the verdict's are longer. None
 * of any other verdict. Throws ReportError RECORD_INVALID.
 */
export function unitDifferences(
  { arms, unitMs = 1000 }: Pick<Experiment, 'arms' | 'unitMs'>,
  verdict: About,
): UnitDifference[] {
  const percentile = percentileOf(verdict.indicator)
  if (!percentile || verdict.kind === 'objective' || !verdict.units) return []
  const together = Math.max(1, Math.round(verdict.units.lengthMs / unitMs))
  const [mine, theirs] = [verdict.arm, verdict.over].map((name) =>
    blocksOf(
      arms.find((arm) => arm.name === name),
      together,
    ),
  )
  const divisor = percentile.unit === 'ms' ? 1000 : 1
  return [...(mine ?? [])].flatMap(([block, units]) => {
    const [a, b] = [units, theirs?.get(block) ?? []].map((all) => unitsPercentileUs(all, percentile))
    if (a == null || b == null) return []
    const value = verdict.kind === 'share' ? a / b : (a - b) / divisor
    return Number.isFinite(value) ? [{ seconds: ((block + 0.5) * together * unitMs) / 1000, value }] : []
  })
}

const blocksOf = (arm: Arm | undefined, together: number) =>
  Map.groupBy(arm ? unitsOf(arm) : [], ({ index }) => Math.floor(index / together))
