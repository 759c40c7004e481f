import { expect, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import { normal, processes } from '../statistics/testing-processes.ts'
import { correlationIn, whitened } from './correlation.ts'
import { noiseOf, withinScatter } from './noise.ts'

const random = seededRandom(5)
const values = Array.from({ length: 400 }, () => normal(random))

test('the noise is the standard deviation about the stretches, whatever the steps between them and a few wild values', () => {
  const stretches = [values.slice(0, 200), values.slice(200).map((value, i) => value + 50 + (i % 40 === 0 ? 500 : 0))]
  expect(noiseOf(stretches)).toBeGreaterThan(0.85)
  expect(noiseOf(stretches)).toBeLessThan(1.15)
})

test('it is never 0, and there is none of single values', () => {
  expect(noiseOf([[3, 3, 3, 3, 3, 3, 9]])).toBeCloseTo((1.2533 * 6) / 7)
  expect(noiseOf([[5, 5, 5]])).toBe(5e-9)
  expect(noiseOf([[0, 0, 0]])).toBeGreaterThan(0)
  expect(noiseOf([[1], [2]])).toBeNull()
})

test('wild values are brought to the edge, others stay', () => {
  const [first, ...others] = withinScatter([1000, ...values.slice(0, 50)])
  expect(first).toBeLessThan(5)
  expect(others.filter((value, i) => value !== values[i]).length).toBeLessThan(3)
})

test('neighbours that resemble each other are noticed, and independent ones are left alone', () => {
  expect(correlationIn([values.slice(0, 100), values.slice(100, 200)])).toBe(0)
  const alike = processes['AR(1) 0.8'](seededRandom(6), 400)
  const found = correlationIn([alike])
  expect(found).toBeGreaterThan(0.7)
  expect(correlationIn([whitened(alike, found)])).toBe(0)
})
