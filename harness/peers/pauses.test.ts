import { expect, test } from 'vitest'
import { onPath } from '../../clusters/program.ts'
import { type MachinePauses, pausesOf, pausesOnCore, spinForPauses } from './pauses.ts'

test('the share of random moments that wait longer is the pauses’ rest beyond that', () => {
  // 10 pauses of 1 ms in 1 s: a moment waits longer than x with the probability 10 × (1 ms − x) / 1 s.
  const { p99Us, p999Us, maxUs, shareAbove20Us } = pausesOf(new Float64Array(10).fill(1e6), 1e9)
  expect(p99Us).toBeCloseTo(0, 6)
  expect(p999Us).toBeCloseTo(900, 6)
  expect(maxUs).toBe(1000)
  expect(shareAbove20Us).toBeCloseTo(0.01, 9)
  // Of one long pause and many short ones only the long one reaches so far.
  const mixed = pausesOf(Float64Array.from([3e6, ...new Array(100).fill(10_000)]), 1e9)
  expect(mixed.p999Us).toBeCloseTo(2000, 6)
  expect(mixed.shareAbove20Us).toBeCloseTo(0.003, 9)
  expect(pausesOf(new Float64Array(0), 1e9)).toEqual({ p99Us: 0, p999Us: 0, maxUs: 0, shareAbove20Us: 0 })
})

const expectPauses = (pauses: MachinePauses) => {
  expect(pauses.maxUs).toBeGreaterThanOrEqual(pauses.p999Us)
  expect(pauses.p999Us).toBeGreaterThanOrEqual(pauses.p99Us)
  expect(pauses.maxUs).toBeGreaterThan(0)
}

test('a machine has pauses', () => expectPauses(spinForPauses(0.2)))

test('a machine has pauses on a core of its own', async ({ skip }) => {
  if ((await onPath('taskset', process.env.PATH ?? '')) === null)
    skip('no taskset on the PATH: apt-get install util-linux')
  expectPauses(await pausesOnCore(0, 0.2))
})
