import type { Arm, Verdict } from '../../reports/record.ts'
import { resolved } from './clearness.ts'
import type { Judging } from './judging.ts'
import type { StatedLimit } from './stated.ts'
import { verdictOn } from './verdict.ts'

/** The verdict on each limit that was stated before the measurement. Those on one arm over the same other share the error of a `fail`. */
export function judgeStated(stated: readonly StatedLimit[], arms: readonly Arm[], judging: Judging): Verdict[] {
  const checks = stated.flatMap((limit) => resolved(limit, arms))
  return checks.map((check) => {
    const family = checks.filter(({ arm, over }) => arm === check.arm && over === check.over).length
    return verdictOn(check, check.over ? family : 1, judging)
  })
}

/** Whether a `fail` is a close call: its interval ends no farther from the limit than the noise floor, or a deployment by itself keeps the limit. */
export function isBorderline(verdict: Verdict): boolean {
  const { outcome, interval, limit, noiseFloor } = verdict
  if (outcome !== 'fail' || !interval) return false
  const [low, high] = interval
  const beyond = limit.max !== undefined && low > limit.max ? low - limit.max : (limit.min ?? high) - high
  return beyond <= (noiseFloor ?? 0) || count(verdict).kept > 0
}

/**
 * What differs from one deployment of a program to the next is in no interval: a `fail` that more than a quarter of them do not show is not
 * clear. Of two or three that is one of them.
 */
export function withoutDisagreement(verdict: Verdict): Verdict {
  const { kept, all } = count(verdict)
  if (verdict.outcome !== 'fail' || 4 * kept <= all) return verdict
  const why = `${verdict.why}; ${kept} of ${all} deployments by themselves keep it, and what differs from one to the next is in no interval`
  return { ...verdict, outcome: 'inconclusive', why }
}

function count({ limit, deployments = [] }: Verdict): { kept: number; all: number } {
  const { max = Number.POSITIVE_INFINITY, min = Number.NEGATIVE_INFINITY } = limit
  const kept = deployments.filter((value) => value !== null && value <= max && value >= min).length
  return { kept, all: deployments.length }
}
