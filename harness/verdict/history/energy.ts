/** Where a stretch of values falls apart most, and how far. */
export interface Split {
  /** Of the first value after it. */
  index: number
  /** The scaled energy distance between the values before it and those after it; in the values' own unit. */
  distance: number
}

/**
 * The split of values that maximises the scaled energy distance of what lies before it and what follows it, where what follows
 * may end before the others do: Q(τ, κ) = mn/(m+n) · (2·mean|X−Y| − mean|X−X′| − mean|Y−Y′|), X the values up to τ, Y those from τ to κ (Matteson &
 * James 2014, JASA 109:334, with exponent 1), κ at least `end`. Each side has at least `least` values. O(n²) time, O(n) memory. Null of too few values.
 */
export function bestSplit(values: Float64Array, least: number, end = 0): Split | null {
  const count = values.length
  const within = fromFirst(values, count)
  // Of the values from τ up to κ: the sum of all distances, and of those to the value at τ.
  const rest = new Float64Array(count + 1)
  let best: Split | null = null
  for (let tau = count - 1; tau >= least; tau--) {
    const value = values[tau] as number
    const m = tau
    const before = within[tau] as number
    let toFirst = 0
    for (let kappa = tau + 2; kappa <= count; kappa++) {
      toFirst += Math.abs((values[kappa - 1] as number) - value)
      const after = (rest[kappa] as number) + toFirst
      rest[kappa] = after
      const n = kappa - tau
      if (n < least || kappa < end) continue
      const between = (within[kappa] as number) - before - after
      const distance = (2 / (m + n)) * (between - (n * before) / (m - 1) - (m * after) / (n - 1))
      if (best === null || distance > best.distance) best = { index: tau, distance }
    }
  }
  return best
}

/** For each k the sum of all distances among the first k values. */
function fromFirst(values: Float64Array, count: number): Float64Array {
  const sums = new Float64Array(count + 1)
  for (let k = 1; k <= count; k++) {
    let sum = 0
    for (let i = 0; i < k - 1; i++) sum += Math.abs((values[i] as number) - (values[k - 1] as number))
    sums[k] = (sums[k - 1] as number) + sum
  }
  return sums
}
