import { expect, test } from 'vitest'
import { loadSchema } from '../input/index.ts'
import { loadResult } from './result.ts'
import { at, Tally } from './tally.ts'

test('a shape that ended early has the mean rate of the time that it ran, of all agents together', () => {
  const rate = { from: 50, to: 450 }
  const load = loadSchema.parse({ rate, maxRequests: 100, threads: 2, duration: '1s' })
  const tallies = [new Tally(), new Tally()]
  for (const [i, { measured }] of tallies.entries()) {
    measured.counters[at.scheduled] = 25
    measured.counters[at.endNs] = (500 + i) * 1e6
  }
  const of = (share?: { agent: number; agents: number }) =>
    loadResult({ ...load, url: 'http://127.0.0.1/', share }, tallies, {
      cpuUs: 0,
      throttledMs: null,
      timeline: [],
      stopped: null,
    })
  expect(of()).toMatchObject({ targetRate: 100, stopped: { by: 'maxRequests', atMs: 500, highestRate: null } })
  expect(of({ agent: 0, agents: 2 }).targetRate).toBe(200)
})
