import { expect, test } from 'vitest'
import { amount, bitRate, decimal, median, percent, shownIn, span, whole, written } from './numbers.ts'

test.for([
  [0, '0'],
  [0.00004, '0.0000'],
  [0.043, '0.043'],
  [0.1, '0.10'],
  [0.48, '0.48'],
  [1.917, '1.92'],
  [9.999, '10.0'],
  [13.24, '13.2'],
  [132.4, '132'],
  [1319.6, '1,320'],
  [-0.12, '−0.12'],
] as const)('%d reads %s', ([value, text]) => {
  expect(decimal(value)).toBe(text)
})

test('numbers beside each other have the same number of digits', () => {
  expect([-0.2, -0.03].map((value) => decimal(value, 0.2))).toEqual(['−0.20', '−0.03'])
})

test('limits stay as they were written', () => {
  expect([2, 0.5, 10_000, -1.25].map(written)).toEqual(['2', '0.5', '10,000', '−1.25'])
  expect(whole(20_412.4)).toBe('20,412')
})

test.for([
  [820, '820 ms'],
  [999.7, '1 s'],
  [6000, '6 s'],
  [6210, '6.2 s'],
  [59_400, '59 s'],
  [120_000, '2 min'],
  [125_000, '2 min 5 s'],
  [3_780_000, '1 h 3 min'],
  [7_199_900, '2 h'],
] as const)('%d ms reads %s', ([ms, text]) => {
  expect(span(ms)).toBe(text)
})

test('the median of an even number is the middle of two, of nothing null', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, null])
})

test('a median leaves the order of what it was given alone', () => {
  const given = [3, 1, 2]
  median(given)
  expect(given).toEqual([3, 1, 2])
})

test.for([
  [0, '0 %'],
  [0.123, '12.3 %'],
  [0.98966, '98.97 %'],
  [0.99, '99 %'],
  [1, '100 %'],
  [0.0000512, '0.0051 %'],
  [-0.004, '−0.4 %'],
] as const)('the share %d reads %s', ([share, text]) => {
  expect(percent(share)).toBe(text)
})

test('shares are shown in percent and bytes in MiB', () => {
  expect(shownIn('')).toEqual({ factor: 100, unit: '%' })
  expect(shownIn('bytes')).toEqual({ factor: 1 / 1048576, unit: 'MiB' })
  expect(shownIn('ms')).toEqual({ factor: 1, unit: 'ms' })
})

test('an amount has the unit that people read, and the digits of what stands beside it', () => {
  expect([amount(1.917, 'ms'), amount(0.0005, ''), amount(2 ** 26, 'bytes'), amount(0.5, '×')]).toEqual([
    ...['1.92 ms', '0.050 %', '64.0 MiB', '0.50 ×'],
  ])
  expect(amount(1, 'ms', 1000)).toBe('1 ms')
})

test('a bit rate has the unit that fits it', () => {
  expect([800, 1e5, 9.996e8, 1.25e9, 1e11].map(bitRate)).toEqual([
    ...['0.8 kbit/s', '100 kbit/s', '999.6 Mbit/s', '1.25 Gbit/s', '100 Gbit/s'],
  ])
})
