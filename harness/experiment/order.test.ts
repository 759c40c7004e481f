import { expect, test } from 'vitest'
import { abbaOrder } from './order.ts'

test('every block mirrors itself and every arm has its trials', () => {
  const slots = abbaOrder(['a', 'b', 'c'], 6, 7)
  expect(slots).toHaveLength(18)
  for (const block of [1, 2, 3]) {
    const order = slots.filter((slot) => slot.block === block).map(({ arm }) => arm)
    expect(order.slice(3)).toEqual(order.slice(0, 3).reverse())
    expect(new Set(order)).toEqual(new Set(['a', 'b', 'c']))
  }
})

test('an odd number of trials ends with half a block', () => {
  expect(abbaOrder(['a', 'b'], 5, 1).map(({ block }) => block)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3])
})

test('the seed decides the order', () => {
  const order = (seed: number) => abbaOrder(['a', 'b', 'c', 'd'], 10, seed).map(({ arm }) => arm)
  expect(order(5)).toEqual(order(5))
  expect(order(5)).not.toEqual(order(6))
})

test('a linear drift cancels out between arms', () => {
  const slots = abbaOrder(['a', 'b'], 10, 3)
  const sum = (name: string) => slots.reduce((total, { arm }, position) => total + (arm === name ? position : 0), 0)
  expect(sum('a')).toBe(sum('b'))
})
