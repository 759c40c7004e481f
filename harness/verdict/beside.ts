import type { Verdict } from '../../reports/record.ts'
import { estimateOf, type Look } from './by-units.ts'
import { calmerHalf } from './calmer.ts'
import type { Judging } from './judging.ts'
import type { LimitCheck } from './limit.ts'
import { noiseFloorOf } from './noise-floor.ts'
import { overLimitOf } from './over-limit.ts'
import type { Point } from './points.ts'

type Beside = Pick<Verdict, 'noiseFloor' | 'calmer' | 'overLimit' | 'deployments'>

/** What stands beside a verdict by units and does not decide: noise floor, calmer half, requests over the limit, each deployment by itself. */
export function besideUnits(
  check: LimitCheck,
  points: readonly Point[],
  look: Look,
  { seed, machine = [] }: Judging,
): Beside {
  const overLimit = overLimitOf(check, seed)
  return {
    ...(check.over ? { noiseFloor: noiseFloorOf(check, points, seed) } : {}),
    ...(overLimit ? { overLimit } : {}),
    calmer: calmer(check, calmerHalf(points, machine), look),
    deployments: check.arm.trials.map((_, i) => {
      const own = points.filter(({ deployment }) => deployment === i)
      return estimateOf(check, own, look).measured
    }),
  }
}

function calmer(check: LimitCheck, half: readonly Point[] | null, look: Look): Beside['calmer'] {
  if (!half) return null
  const { measured, interval } = estimateOf(check, half, look)
  return measured === null ? null : { measured, interval: interval && [interval.low, interval.high] }
}
