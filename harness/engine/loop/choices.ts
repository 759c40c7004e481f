import { seededRandom } from '../../random.ts'

const tableLength = 65_536

/**
 * The numbers of requests in the order in which they are sent, to be gone through again and again. Each is in the table in
 * proportion to its weight, to 1 in 65,536, and at least once. Their order is drawn with the seed (Fisher–Yates).
 */
export function choiceTable(weights: readonly number[], seed: number): Uint16Array {
  if (weights.length === 1) return Uint16Array.of(0)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const spare = tableLength - weights.length
  const exact = weights.map((weight) => Math.max(0, (weight / total) * tableLength - 1))
  const scale = spare / exact.reduce((sum, share) => sum + share, 0)
  const table = new Uint16Array(tableLength)
  // The running sum is rounded, not each share: so no place is left over.
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
