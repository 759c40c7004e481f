import { seededRandom } from '../random.ts'

export interface Slot<T> {
  block: number
  arm: T
}

/**
 * ABBA blocks: each block runs the arms in a seeded random order and then backwards, so that a steady drift falls on every arm alike.
 * An odd number of trials ends with half a block.
 */
export function abbaOrder<T>(arms: readonly T[], trials: number, seed: number, firstBlock = 1): Slot<T>[] {
  const random = seededRandom(seed + firstBlock)
  const slots: Slot<T>[] = []
  for (let left = trials, block = firstBlock; left > 0; left -= 2, block++) {
    const forth = shuffled(arms, random)
    const order = left === 1 ? forth : [...forth, ...forth.toReversed()]
    slots.push(...order.map((arm) => ({ block, arm })))
  }
  return slots
}

/** Fisher–Yates. */
function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const result = [...values]
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[result[i], result[j]] = [result[j] as T, result[i] as T]
  }
  return result
}
