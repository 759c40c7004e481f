import { candidates, lookedAt } from './candidates.ts'
import { correlationIn, whitened } from './correlation.ts'
import { lineFitsBetter } from './drift.ts'
import { middleOf, noiseOf, withinScatter } from './noise.ts'
import { testedSplit } from './permutation.ts'

export interface ChangePoint {
  /** Of the first value after it. */
  index: number
  /** Of a permutation test over up to 50 values on either side, as far as the next change points. */
  pValue: number
  /** The middles of what lies before and after, over the same values. */
  before: number
  after: number
  /** The scatter of those values about their middles. */
  noise: number
}

const level = 0.001
/** A place that moves when the weak ones have gone settles in one or two rounds. */
const rounds = 5

/**
 * The change points of values that follow each other, ascending. Candidates of looks of 50 are held against up to 50 values on either side, as far as
 * the next candidates: one stays that a permutation test confirms at p ≤ 0.001, whose size is at least the scatter of those values, and that a straight
 * line through them does not explain better. The weakest goes first, since its neighbours then have more to stand on (Fleming et al. 2023). Values
 * that are added at the end change old points only through what lies within the next 50, or up to the next change.
 */
export function changePoints(values: readonly number[]): ChangePoint[] {
  let indexes = candidates(values)
  const known = new Map<string, ChangePoint>()
  const pointAt = (i: number) => {
    const [from, index, to] = [indexes[i - 1] ?? 0, indexes[i] as number, indexes[i + 1] ?? values.length] as const
    const key = `${from} ${index} ${to}`
    const point = known.get(key) ?? pointBetween(values, from, index, to)
    known.set(key, point)
    return point
  }
  for (let round = 0; ; ) {
    const points = indexes.map((_, i) => pointAt(i))
    const weak = weakest(values, indexes, points)
    if (weak.size > 0) indexes = indexes.filter((index) => !weak.has(index))
    else if (round++ < rounds && points.some(({ index }, i) => index !== indexes[i]))
      indexes = points.map(({ index }) => index)
    else return points
  }
}

function weakest(
  values: readonly number[],
  indexes: readonly number[],
  points: readonly ChangePoint[],
): ReadonlySet<number> {
  const least = points.reduce((least, { pValue }, i) => (pValue > (points[least]?.pValue as number) ? i : least), 0)
  if ((points[least]?.pValue ?? 0) > level) return new Set([indexes[least] as number])
  const drift = driftIn(values, indexes, points)
  if (drift.size > 0) return drift
  const small = points.findIndex(({ before, after, noise }) => Math.abs(after - before) < noise)
  return new Set(small < 0 ? [] : [indexes[small] as number])
}

/** The longest row of steps in one direction that a straight line explains better. */
function driftIn(
  values: readonly number[],
  indexes: readonly number[],
  points: readonly ChangePoint[],
): ReadonlySet<number> {
  const upAt = (i: number) => (points[i] as ChangePoint).after > (points[i] as ChangePoint).before
  let longest: readonly number[] = []
  for (let i = 0; i < indexes.length; i++)
    for (let j = i; j < indexes.length && upAt(j) === upAt(i); j++) {
      const edges = [indexes[i - 1] ?? 0, ...indexes.slice(i, j + 1), indexes[j + 1] ?? values.length]
      const stretches = edges.slice(1).map((edge, k) => values.slice(edges[k], edge))
      if (j - i >= longest.length && lineFitsBetter(stretches)) longest = indexes.slice(i, j + 1)
    }
  return new Set(longest)
}

function pointBetween(values: readonly number[], from: number, index: number, to: number): ChangePoint {
  const [start, end] = [Math.max(from, index - lookedAt), Math.min(to, index + lookedAt)]
  const near = withinScatter(values.slice(start, end))
  const tested = testedSplit(near, { level, wholly: true })
  const at = tested === null ? index : tested.index + start
  const [left, right] = [values.slice(start, at), values.slice(at, end)]
  const correlation = correlationIn([left, right])
  const alone = correlation === 0 ? tested : testedSplit(whitened(near, correlation), { level, wholly: true })
  return {
    index: at,
    pValue: alone?.pValue ?? 1,
    before: middleOf(left),
    after: middleOf(right),
    noise: noiseOf([left, right]) ?? Number.POSITIVE_INFINITY,
  }
}
