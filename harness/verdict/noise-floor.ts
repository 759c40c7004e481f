import type { Unit } from '../../reports/load-result.ts'
import { seededRandom } from '../random.ts'
import type { LimitCheck } from './limit.ts'
import type { Point } from './points.ts'
import { merged, type Sample, sampleOf } from './samples.ts'
import { signInterval } from './statistics/sign-process.ts'
import { figureOf, sampleNameOf } from './unit-values.ts'

/**
 * What the same statistic says of the control against itself, where no difference is: the end of its interval that lies farther from none, in the verdict's unit. The
 * requests of each block of the control are split at random into two halves, as equal draws without replacement; of CPU, memory and rates, which belong to no
 * request, each block stands against the one before it, with labels drawn. Halves have fewer requests, and neighbours more noise between them: the floor is rather too
 * high than too low. The same seed gives the same floor. Null where there are too few blocks.
 */
export function noiseFloorOf({ kind, indicator }: LimitCheck, points: readonly Point[], seed: number): number | null {
  const random = seededRandom(seed)
  const contrast = (a: number, b: number) => (kind === 'share' ? a / b : a - b)
  const name = sampleNameOf(indicator, 'latency')
  const contrasts = name
    ? points.map(({ control }) => {
        const [a, b] = halves(merged(control.map((unit: Unit) => sampleOf(unit, name))), random)
        return contrast(figureOf(indicator, a) ?? Number.NaN, figureOf(indicator, b) ?? Number.NaN)
      })
    : neighbours(points).map(([a, b]) => (random() < 0.5 ? contrast(a, b) : contrast(b, a)))
  const interval = signInterval(Float64Array.from(contrasts.filter(Number.isFinite)).sort())
  if (!interval) return null
  const none = kind === 'share' ? 1 : 0
  return Math.max(Math.abs(interval.low - none), Math.abs(interval.high - none))
}

/** Two blocks of one deployment that follow each other, each in one pair. */
function neighbours(points: readonly Point[]): [number, number][] {
  const pairs: [number, number][] = []
  for (let i = 1; i < points.length; i++) {
    const [before, after] = [points[i - 1] as Point, points[i] as Point]
    if (before.deployment !== after.deployment) continue
    pairs.push([before.reference, after.reference])
    i++
  }
  return pairs
}

/** Each value goes to one of two halves, which are of one size: as many labels as are left decide. Of an odd count one value is in none. */
function halves({ values, counts, total }: Sample, random: () => number): [Sample, Sample] {
  const sides = [new Float64Array(values.length), new Float64Array(values.length)] as const
  const left = [total >> 1, total >> 1] as [number, number]
  let open = total
  values.forEach((_, i) => {
    for (let n = counts[i] as number; n > 0; n--) {
      const at = random() * open--
      const side = at < left[0] ? 0 : at < left[0] + left[1] ? 1 : null
      if (side === null) continue
      left[side]--
      sides[side][i] = (sides[side][i] as number) + 1
    }
  })
  const half = (of: Float64Array): Sample => {
    const sumUs = of.reduce((sum, count, i) => sum + count * (values[i] as number), 0)
    return { values, counts: of, total: total >> 1, meanUs: sumUs / (total >> 1) }
  }
  return [half(sides[0]), half(sides[1])]
}
