import type { Verdict } from '../../reports/record.ts'
import { seededRandom } from '../random.ts'
import { isBorderline, withoutDisagreement } from '../verdict/judge-stated.ts'
import { compare } from '../verdict/limit.ts'
import { middle } from '../verdict/statistics/middle.ts'
import { signInterval } from '../verdict/statistics/sign-process.ts'

/** A made comparison: the logarithm of the ratio of the two sides in a second is the sum of these, each drawn from a normal distribution. */
export interface Made {
  /** What the candidate really takes: 1.05 is 5 % more. */
  ratio: number
  /** The most that it may take. */
  limit: number
  /** How far seconds of one deployment lie apart (sd); one of ten is five times as far off. */
  unitSd: number
  /** How far deployments of the same programs lie apart (sd). */
  deploymentSd: number
  again: number
  /** How often both sides are deployed, and for how many seconds at most: 2 and 50 of `standard`, 8 and 75 of `thorough`. */
  deployments: number
  unitsEach: number
}

const leastUnits = 16
/** p50 and the error rate. */
const family = 2

/** What a comparison says whose seconds are drawn: looked at after every second, and by the rules of `meshmark compare`. */
export function madeOutcome(
  { ratio, limit, unitSd, deploymentSd, again, deployments, unitsEach }: Made,
  seed: number,
): Verdict['outcome'] {
  const random = seededRandom(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const all: number[][] = []
  let verdict = judged(all, limit, unitSd, normal)
  for (let round = 0; round <= again; round++) {
    if (round > 0 && !isBorderline(verdict)) break
    for (let nth = 0; nth < deployments; nth++) {
      const center = Math.log(ratio) + deploymentSd * normal()
      const own: number[] = []
      all.push(own)
      while (own.length < unitsEach) {
        own.push(center + unitSd * (random() < 0.1 ? 5 : 1) * normal())
        if (own.length >= leastUnits && intervalOf(all, limit).outcome !== 'inconclusive') break
      }
    }
    verdict = judged(all, limit, unitSd, normal)
  }
  return withoutDisagreement(verdict).outcome
}

function intervalOf(all: readonly (readonly number[])[], limit: number) {
  const sorted = Float64Array.from(all.flat()).sort()
  const found = signInterval(sorted, family, 1)
  const interval = found && { low: Math.exp(found.low), high: Math.exp(found.high) }
  return { interval, outcome: interval ? compare({ max: limit }, interval) : ('inconclusive' as const) }
}

function judged(all: readonly number[][], limit: number, unitSd: number, normal: () => number): Verdict {
  const { interval, outcome } = intervalOf(all, limit)
  // Of the control's halves: twice the variance of the difference of all.
  const halves = signInterval(Float64Array.from(all.flat(), () => Math.SQRT2 * unitSd * normal()).sort())
  const medians = all.map((own) => Math.exp(middle(Float64Array.from(own).sort())))
  return {
    ...{ kind: 'share', indicator: 'p50Ms', unit: '×', limit: { max: limit }, arm: 'candidate', over: 'control' },
    ...{ measured: null, interval: interval && [interval.low, interval.high], confidence: 0.95, pValue: null },
    ...{ trials: { arm: all.length, over: all.length }, deployments: medians, outcome, why: '' },
    noiseFloor: halves && Math.max(Math.exp(halves.high) - 1, 1 - Math.exp(halves.low)),
  }
}

/** How often each outcome comes, of so many. */
export function chances(made: Made, draws: number, seed = 1): Record<Verdict['outcome'], number> {
  const counts = { pass: 0, fail: 0, inconclusive: 0, invalid: 0 }
  for (let i = 0; i < draws; i++) counts[madeOutcome(made, seed * 1_000_003 + i)]++
  return counts
}
