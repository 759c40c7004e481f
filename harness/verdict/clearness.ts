import type { Claimed } from '../../reports/claim.ts'
import { indicatorOf } from '../../reports/indicators.ts'
import type { Arm, MachineUnit } from '../../reports/record.ts'
import { estimateByUnits } from './by-units.ts'
import type { LimitCheck } from './limit.ts'
import type { StatedLimit } from './stated.ts'

/** Where a limit stands before the end: what the units so far say of it. */
export interface LiveInterval extends Claimed {
  /** So many stand behind it. */
  units: number
}

/** What an experiment of units knows while it runs. */
export interface LookContext {
  seed: number
  unitMs: number
  machine?: readonly MachineUnit[]
}

/**
 * Which of the limits that are known before the measurement are not clear yet. It may be asked after every unit: the intervals of differences are valid at
 * any time, the others are wider than those of the verdict. Limits on arms that were skipped count as clear: nothing will be known of them. An arm's
 * trials and units have to be the same objects each time, more of them at the end: what was read of one is kept.
 */
export function clearness(
  stated: readonly StatedLimit[],
  arms: readonly Arm[],
  { unitMs }: LookContext,
): { clear: boolean; open: LiveInterval[] } {
  const checks = stated
    .flatMap((limit) => resolved(limit, arms))
    .filter(({ arm, over }) => !arm.skipped && !over?.skipped)
  const open = checks.flatMap((check): LiveInterval[] => {
    const family = checks.filter(({ arm, over }) => arm === check.arm && over === check.over).length
    const estimate = estimateByUnits(check, { unitMs, running: true, family, from: 'latency' })
    if (estimate.outcome !== 'inconclusive') return []
    const { kind, indicator, limit, arm, over } = check
    const { measured, interval, points } = estimate
    return [
      {
        ...{ kind, indicator: indicator.name, unit: kind === 'share' ? '×' : indicator.unit, limit },
        ...{ arm: arm.name, over: over?.name ?? null, measured, units: points.length },
        interval: interval && [interval.low, interval.high],
      },
    ]
  })
  return { clear: open.length === 0, open }
}

/** The arms that a limit is on; none where the experiment has no such arm or indicator. */
export function resolved(
  { kind, indicator: name, limit, arm, treatments, over }: StatedLimit,
  arms: readonly Arm[],
): LimitCheck[] {
  const indicator = indicatorOf(name)
  const other = arms.find((one) => (over === undefined ? one.control : one.name === over))
  if (!indicator || (kind !== 'objective' && !other)) return []
  return arms
    .filter((one) => (arm === undefined ? (kind === 'objective' && !treatments) || one !== other : one.name === arm))
    .map((one) => ({ kind, indicator, limit, arm: one, over: kind === 'objective' ? null : (other ?? null) }))
}
