import { seededRandom } from '../../random.ts'
import { normal } from '../statistics/testing-processes.ts'

// Made series, like ratios of p50 about 1.4 with a scatter of 2 % from run to run.

const scatter = 0.03

/** Values about what `at` says of each place, with noise of that scatter. */
export function madeValues(n: number, at: (i: number) => number, seed = 1): number[] {
  const random = seededRandom(seed)
  return Array.from({ length: n }, (_, i) => Number((at(i) + scatter * normal(random)).toFixed(6)))
}

/** A level that changes by so many times the scatter at each of these places. */
const steps =
  (...changes: readonly (readonly [index: number, scatters: number])[]) =>
  (i: number) =>
    changes.reduce((level, [index, by]) => (i >= index ? level + by * scatter : level), 1.4)

const wild = new Set([13, 37, 71, 90, 111, 140])

export const madeSeries = {
  'a step': madeValues(120, steps([60, 4])),
  'two steps': madeValues(150, steps([50, 5], [100, -3])),
  'a step and back': madeValues(120, steps([40, 6], [55, -6])),
  'a late step': madeValues(106, steps([100, 6])),
  'a staircase': madeValues(160, steps([40, 4], [80, 4], [120, 4])),
  flat: madeValues(200, steps()),
  'flat with outliers': madeValues(150, steps()).map((value, i) => (wild.has(i) ? value + 12 * scatter : value)),
  'a step with outliers': madeValues(150, steps([80, 4])).map((value, i) =>
    wild.has(i) ? value + 12 * scatter : value,
  ),
  'a drift': madeValues(200, (i) => 1.4 + (10 * scatter * i) / 199),
  'a step of 1.5': madeValues(200, steps([100, 1.5])),
}

export type MadeSeries = keyof typeof madeSeries
