import { withinScatter } from './noise.ts'
import { testedSplit } from './permutation.ts'

/** So many values are looked at together, and the next look begins half as many later (Fleming et al. 2023, "Hunter", ICPE): values that are added move no older look. */
export const lookedAt = 50
/** Of a candidate: ten times as many as in the end, because a look may have few of the values on one side of it. */
const level = 0.01

/**
 * Where values may have changed, ascending, each the index of the first value after it: e-divisive in looks of 50 values, again on either side of each
 * split that is found. O(50²) for each of up to 1,000 orders of a look, of which most need about a hundred.
 */
export function candidates(values: readonly number[]): number[] {
  const found: number[] = []
  for (let start = 0; start < values.length; ) {
    const inside = splitsOf(values.slice(start, start + lookedAt)).map((index) => index + start)
    found.push(...inside)
    start = Math.max(start + lookedAt / 2, inside.at(-1) ?? 0)
  }
  return [...new Set(found)].sort((a, b) => a - b)
}

function splitsOf(values: readonly number[]): number[] {
  const split = testedSplit(withinScatter(values), { level })
  if (split === null || split.pValue > level) return []
  const { index } = split
  const after = splitsOf(values.slice(index)).map((further) => further + index)
  return [...splitsOf(values.slice(0, index)), index, ...after]
}
