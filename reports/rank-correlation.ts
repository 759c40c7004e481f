/** Two values of one unit. */
export type Pair = readonly [number, number]

export interface RankCorrelation {
  rho: number
  pairs: number
  /** Of a correlation no greater than this in values that have nothing to do with each other: one-sided. */
  pValue: number
}

/**
 * Spearman's rank correlation within groups of values in the order in which they were measured, the groups taken together by Fisher's
 * z, so that a step from one group to the next makes none. p: z has a variance of 1.06 / (n − 3) (Fieller, Hartley, Pearson 1957), with
 * the n of independent pairs that says as much as neighbours which are alike (Bartlett 1935). Null where nothing varies, or of too few.
 */
export function rankCorrelation(groups: readonly (readonly Pair[])[]): RankCorrelation | null {
  let [weights, z, pairs] = [0, 0, 0]
  for (const group of groups) {
    const [a, b] = [0, 1].map((side) => ranks(group.map((pair) => pair[side] as number))) as [number[], number[]]
    const rho = correlation(a, b)
    if (rho === null) continue
    const alike = Math.max(
      0,
      (correlation(a.slice(1), a.slice(0, -1)) ?? 0) * (correlation(b.slice(1), b.slice(0, -1)) ?? 0),
    )
    const weight = (group.length * (1 - alike)) / (1 + alike) - 3
    if (weight <= 0) continue
    weights += weight
    z += weight * Math.atanh(Math.min(mostSure, Math.max(-mostSure, rho)))
    pairs += group.length
  }
  if (weights === 0) return null
  return { rho: Math.tanh(z / weights), pairs, pValue: aboveNormal(z / Math.sqrt(1.06 * weights)) }
}

/** Of a perfect one, z would be infinite. */
const mostSure = 0.9999

/** From 1; equal values share the mean of their ranks. */
function ranks(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b)
  const first = new Map<number, number>()
  const count = new Map<number, number>()
  for (const [i, value] of sorted.entries()) {
    if (!first.has(value)) first.set(value, i + 1)
    count.set(value, (count.get(value) ?? 0) + 1)
  }
  return values.map((value) => (first.get(value) as number) + ((count.get(value) as number) - 1) / 2)
}

/** Pearson's; null where one side does not vary. */
function correlation(a: readonly number[], b: readonly number[]): number | null {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [middleA, middleB] = [mean(a), mean(b)]
  let [both, squaresA, squaresB] = [0, 0, 0]
  for (const [i, value] of a.entries()) {
    const [awayA, awayB] = [value - middleA, (b[i] as number) - middleB]
    both += awayA * awayB
    squaresA += awayA ** 2
    squaresB += awayB ** 2
  }
  return squaresA > 0 && squaresB > 0 ? both / Math.sqrt(squaresA * squaresB) : null
}

/** The share of a normal distribution above z; within 7.5e-8 (Abramowitz and Stegun 26.2.17). */
function aboveNormal(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial
  return z >= 0 ? tail : 1 - tail
}
