import { seededRandom } from '../../random.ts'
import { bestSplit, type Split } from './energy.ts'

const permutations = 999
/** Of the permutations: the same values always give the same changes. */
const seed = 1
/** Fewer values on one side of a split cannot be told from chance. */
export const shortest = 3

export interface TestedSplit extends Split {
  /** How likely values in any order fall apart as far somewhere. */
  pValue: number
}

/**
 * The best split of values, with the p-value of a permutation test: how many of 999 orders of them, drawn with a fixed seed, fall apart as far at
 * their own best split, which allows for the choice of the best (Matteson & James 2014, §3.2; the one seen counts: Phipson & Smyth 2010). Once p is
 * above `level` for certain it is not made more exact (Besag & Clifford 1991). `wholly`: what follows the split goes to the end. Null of too few.
 */
export function testedSplit(values: readonly number[], { level = 0.001, wholly = false } = {}): TestedSplit | null {
  const order = Float64Array.from(values)
  const end = wholly ? order.length : 0
  const seen = bestSplit(order, shortest, end)
  if (seen === null) return null
  const random = seededRandom(seed)
  // Sums in another order may differ in their last digits.
  const as = seen.distance * (1 - 1e-12)
  const most = Math.floor(level * (permutations + 1)) - 1
  let [drawn, extreme] = [0, 0]
  while (drawn < permutations && extreme <= most) {
    shuffle(order, random)
    if ((bestSplit(order, shortest, end)?.distance ?? 0) >= as) extreme++
    drawn++
  }
  return { ...seen, pValue: (extreme + 1) / (drawn + 1) }
}

/** Fisher & Yates. */
function shuffle(values: Float64Array, random: () => number): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const value = values[i] as number
    values[i] = values[j] as number
    values[j] = value
  }
}
