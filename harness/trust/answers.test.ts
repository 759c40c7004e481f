import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { sequentialAnswer } from './answers.ts'
import { oneRunAnswer, trialsAnswer } from './before.ts'

const noisy = (seed: number, units: number, middle: number) => {
  const random = seededRandom(seed)
  return Array.from({ length: units }, () => middle + random() - 0.5)
}

describe('the sequential answer', () => {
  test('comes as soon as there is an interval on one side of the limit', () => {
    expect(sequentialAnswer([{ differences: noisy(1, 60, 10), max: 0 }])).toEqual({ answer: 'fail', units: 14 })
    expect(sequentialAnswer([{ differences: noisy(1, 60, -10), max: 0 }])).toEqual({ answer: 'pass', units: 14 })
    expect(sequentialAnswer([{ differences: noisy(1, 13, 10), max: 0 }])).toEqual({ answer: 'inconclusive', units: 13 })
  })

  test('fails with the first limit that is broken, and passes with the last that is clear', () => {
    const clear = { differences: noisy(1, 60, -10), max: 0 }
    const broken = { differences: noisy(2, 60, 10), max: 0 }
    const open = { differences: noisy(3, 60, 0), max: 0 }
    expect(sequentialAnswer([clear, broken, open])).toMatchObject({ answer: 'fail' })
    expect(sequentialAnswer([clear, clear])).toMatchObject({ answer: 'pass' })
    expect(sequentialAnswer([clear, open])).toEqual({ answer: 'inconclusive', units: 60 })
    // The limits share the error of a fail: each needs more.
    expect(sequentialAnswer([broken, open]).units).toBeGreaterThan(14)
  })

  test('of equal arms fails seldom, however often one looks', () => {
    const runs = Array.from({ length: 400 }, (_, seed) =>
      sequentialAnswer([{ differences: noisy(seed, 60, 0), max: 0 }]),
    )
    expect(runs.filter(({ answer }) => answer === 'fail').length).toBeLessThanOrEqual(0.025 * 400)
  })
})

test('trials answer where the whole interval is on one side', () => {
  expect(trialsAnswer(noisy(1, 10, 5), noisy(2, 10, 0), 0, 7)).toBe('fail')
  expect(trialsAnswer(noisy(1, 10, 5), noisy(2, 10, 0), 10, 7)).toBe('pass')
  expect(trialsAnswer(noisy(1, 10, 0), noisy(2, 10, 0), 0, 7)).toBe('inconclusive')
})

test('one run answers always', () => {
  expect(oneRunAnswer(111, 100)).toBe('fail')
  expect(oneRunAnswer(110, 100)).toBe('pass')
})
