import { seededRandom } from '../../random.ts'

/** Up to so many values every way to flip their signs is tried; of more, as many ways as this has, drawn at random. */
const exactUpTo = 12

/**
 * Two-sided p-value of the mean of paired differences: the share of all ways to flip their signs whose mean lies at least as far from 0 (Fisher 1935;
 * drawn ones with the one seen among them: Phipson & Smyth 2010). The same seed gives the same value. Null of no difference at all, or none but 0.
 */
export function signFlip(differences: readonly number[], seed: number): number | null {
  const values = differences.filter((value) => value !== 0)
  if (values.length === 0) return null
  const seen = Math.abs(values.reduce((sum, value) => sum + value, 0)) * (1 - 1e-12)
  const extreme = (signOf: (i: number) => boolean) =>
    Math.abs(values.reduce((sum, value, i) => sum + (signOf(i) ? value : -value), 0)) >= seen
  const ways = 2 ** Math.min(exactUpTo, values.length)
  let count = 0
  if (values.length <= exactUpTo) {
    for (let way = 0; way < ways; way++) if (extreme((i) => ((way >> i) & 1) === 1)) count++
    return count / ways
  }
  const random = seededRandom(seed)
  for (let way = 0; way < ways; way++) if (extreme(() => random() < 0.5)) count++
  return (count + 1) / (ways + 1)
}
