import { expect, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import { Moments } from './moments.ts'

test('slots come in the order of their moments', () => {
  const random = seededRandom(5)
  const moments = new Moments(500)
  const held = new Map<number, number>()
  for (let turn = 0; turn < 20_000; turn++) {
    const slot = Math.floor(random() * 500)
    if (!held.has(slot)) {
      held.set(slot, random())
      moments.push(slot, held.get(slot) as number)
    } else {
      const earliest = Math.min(...held.values())
      expect(moments.next[0]).toBe(earliest)
      const taken = moments.take()
      expect(held.get(taken)).toBe(earliest)
      held.delete(taken)
    }
  }
  while (held.size > 0) held.delete(moments.take())
  expect(moments.next[0]).toBe(Number.POSITIVE_INFINITY)
})
