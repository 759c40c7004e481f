import { seededRandom } from '../../random.ts'

const tableLength = 65_536

/**
 * Which of several requests is next, as a table to be gone through again and again: each is in it in proportion to its weight, at
 * least once, and their order is drawn with the seed (Fisher–Yates). The shares are those of the weights to 1 in 65,536.
 */
export function choiceTable(weights: readonly number[], seed: number): Uint16Array {
  if (weights.length === 1) return Uint16Array.of(0)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const spare = tableLength - weights.length
  const exact = weights.map((weight) => Math.max(0, (weight / total) * tableLength - 1))
  const scale = spare / exact.reduce((sum, share) => sum + share, 0)
  const table = new Uint16Array(tableLength)
  // Rounding the running sum rather than each share leaves no place over.
  let filled = 0
  let sum = 0
  for (const [i, share] of exact.entries()) {
    sum += share * scale
    const end = Math.min(tableLength, i + 1 + Math.round(sum))
    table.fill(i, filled, end)
    filled = end
  }
  const random = seededRandom(seed)
  for (let i = tableLength - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const other = table[j] as number
    table[j] = table[i] as number
    table[i] = other
  }
  return table
}
