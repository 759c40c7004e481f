import type { Unit } from '../../reports/load-result.ts'
import type { Verdict } from '../../reports/record.ts'
import { repliesFor } from '../../reports/units.ts'
import { unitBlocks } from './blocks.ts'
import type { LimitCheck } from './limit.ts'
import { countAbove, merged, percentileOfSample, type Sample, sampleOf } from './samples.ts'
import { signFlip } from './statistics/sign-flip.ts'
import { sampleNameOf } from './unit-values.ts'

/**
 * The share of all requests that took longer than the limit, or of a budget than the control's own percentile over all units plus the budget. A median of units does
 * not see a stall in fewer than half of the seconds; this does. The p-value is of the mean difference of the arms' shares unit by unit. Undefined of anything but
 * an upper limit on a percentile.
 */
export function overLimitOf({ kind, indicator, limit, arm, over }: LimitCheck, seed: number): Verdict['overLimit'] {
  const { percent, unit } = indicator
  const name = sampleNameOf(indicator, 'latency')
  if (kind === 'share' || percent === undefined || name === null || limit.max === undefined) return undefined
  const { blocks } = unitBlocks(over ? [arm, over] : [arm], Math.min(1, repliesFor(indicator)))
  if (blocks.length === 0) return undefined
  const samples = blocks.map(({ parts }) => parts.map((units) => merged(units.map((one: Unit) => sampleOf(one, name)))))
  const of = (side: number) => samples.map((each) => each[side] as Sample)
  const baseUs = over ? (percentileOfSample(merged(of(1)), percent) ?? 0) : 0
  const limitUs = baseUs + limit.max * (unit === 'ms' ? 1000 : 1)
  const shares = (side: number) => of(side).map((sample) => countAbove(sample, limitUs) / sample.total)
  const pooled = (side: number) => {
    const all = of(side).reduce((sum, { total }) => sum + total, 0)
    return of(side).reduce((sum, sample) => sum + countAbove(sample, limitUs), 0) / all
  }
  if (!over) return { arm: pooled(0), over: null, pValue: null }
  const theirs = shares(1)
  const differences = shares(0).map((share, i) => share - (theirs[i] as number))
  return { arm: pooled(0), over: pooled(1), pValue: signFlip(differences, seed) }
}
