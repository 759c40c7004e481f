import { expect, test } from 'vitest'
import { timesRow } from './kind.ts'

test('of an even number of repetitions the median is between the middle two', () => {
  expect(timesRow('ready', [10, 40, 20, 30], [10, 10, 10, 10])).toBe(
    `${'ready'.padEnd(38)}   25.0   2.50 ×   10.0, 40.0, 20.0, 30.0`,
  )
})
