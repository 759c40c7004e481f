import type { Verdict } from '../../reports/record.ts'
import { hasUnits } from './blocks.ts'
import { verdictByTrials } from './by-trials.ts'
import type { Judging } from './judging.ts'
import type { LimitCheck } from './limit.ts'
import { pooledVerdict } from './pooled.ts'
import { verdictByUnits } from './unit-verdict.ts'
import { openVerdict } from './wording.ts'

/**
 * The verdict on one limit, by units where the arms have them, else by trials; failures are added up in both. `family` limits on differences of the arm
 * share the error of the side on which they are broken.
 */
export function verdictOn(check: LimitCheck, family: number, judging: Judging): Verdict {
  const { arm, over, indicator } = check
  const skipped = [arm, over].find((one) => one?.skipped)
  if (skipped)
    return { ...openVerdict(check), outcome: 'inconclusive', why: `${skipped.name} did not run: ${skipped.skipped}` }
  if (indicator.counts) return pooledVerdict(check, family)
  const byUnits = [arm, over].some((one) => one && hasUnits(one))
  return byUnits ? verdictByUnits(check, family, judging) : verdictByTrials(check, family)
}
