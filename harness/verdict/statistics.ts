import { median } from '../../reports/numbers.ts'
import { seededRandom } from '../random.ts'

const ascending = (a: number, b: number) => a - b

/** Throws RangeError where there is nothing to take the middle of: an estimate of no trials would be made up. */
function middle(values: readonly number[]): number {
  const found = median(values)
  if (found === null) throw new RangeError('an estimate needs at least one value')
  return found
}

/** Hodges–Lehmann location: the median of all pairwise means (Walsh averages), each value with itself included. Throws RangeError of none. */
export function location(values: readonly number[]): number {
  const means: number[] = []
  for (let i = 0; i < values.length; i++)
    for (let j = i; j < values.length; j++) means.push(((values[i] as number) + (values[j] as number)) / 2)
  return middle(means)
}

/** Hodges–Lehmann shift: the median of all differences `value − reference`. Throws RangeError of none. */
export function shift(values: readonly number[], reference: readonly number[]): number {
  return middle(values.flatMap((value) => reference.map((other) => value - other)))
}

/** Hodges–Lehmann shift of the logarithms, as a ratio: the median of all `value / reference`. For values above 0. Throws RangeError of none. */
export function medianRatio(values: readonly number[], reference: readonly number[]): number {
  return middle(values.flatMap((value) => reference.map((other) => value / other)))
}

export interface Interval {
  low: number
  high: number
}

const resamples = 2000

/**
 * Percentile bootstrap interval of `estimate` over trials: each sample is drawn with replacement on its own
 * (Efron & Tibshirani 1993, ch. 13). The same seed gives the same interval.
 */
export function bootstrapInterval(
  samples: readonly (readonly number[])[],
  estimate: (...samples: number[][]) => number,
  { confidence = 0.95, seed = 1 }: { confidence?: number; seed?: number } = {},
): Interval {
  const random = seededRandom(seed)
  const draw = (sample: readonly number[]) => sample.map(() => sample[Math.floor(random() * sample.length)] as number)
  const estimates = Array.from({ length: resamples }, () => estimate(...samples.map(draw))).sort(ascending)
  const at = (share: number) => estimates[Math.round(share * (resamples - 1))] as number
  return { low: at((1 - confidence) / 2), high: at((1 + confidence) / 2) }
}

/**
 * Exact two-sided Mann–Whitney p-value: the share of all ways to split the pooled ranks whose rank sum lies at least as far
 * from its expectation as the one seen. Ties get mid-ranks, so the distribution is the conditional one (Lehmann 1975, §1.4).
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const doubledRanks = doubledMidRanks([...a, ...b])
  const total = doubledRanks.reduce((sum, rank) => sum + rank, 0)
  // ways[k].get(s): in how many ways k of the ranks add up to s.
  const ways = Array.from({ length: a.length + 1 }, () => new Map<number, number>())
  ways[0]?.set(0, 1)
  for (const rank of doubledRanks)
    for (let k = a.length; k >= 1; k--)
      for (const [sum, n] of ways[k - 1] as Map<number, number>)
        ways[k]?.set(sum + rank, (ways[k]?.get(sum + rank) ?? 0) + n)
  const expected = (total * a.length) / doubledRanks.length
  const seen = Math.abs(doubledRanks.slice(0, a.length).reduce((sum, rank) => sum + rank, 0) - expected)
  let all = 0
  let extreme = 0
  for (const [sum, n] of ways[a.length] as Map<number, number>) {
    all += n
    if (Math.abs(sum - expected) >= seen - 1e-9) extreme += n
  }
  return extreme / all
}

/** Twice the mid-rank of each value, so that ties stay whole numbers. */
function doubledMidRanks(values: readonly number[]): number[] {
  const sorted = [...values].sort(ascending)
  return values.map((value) => sorted.indexOf(value) + sorted.lastIndexOf(value) + 2)
}

/** Holm's step-down adjustment (1979): p-values in the order given, each adjusted for the whole family. */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p)
  const adjusted = new Array<number>(pValues.length)
  let running = 0
  order.forEach(({ p, index }, rank) => {
    running = Math.max(running, Math.min(1, p * (pValues.length - rank)))
    adjusted[index] = running
  })
  return adjusted
}
