import { describe, expect, test } from 'vitest'
import type { LoadInput } from '../../load/input/index.ts'
import { Turns } from '../../load/schedule/turns.ts'
import { loadScripted, replyAfter, type Script } from './testing-lanes.ts'

const turned = (arm: number, arms = 2) =>
  ({ design: 'slices', arm, arms, seed: 3, turnMs: 50, settleMs: 5, drainMs: 10 }) as const
const shape = { duration: '2s', warmUp: '200ms' } as const
const inTurn = (load: LoadInput, script: Script, arm = 0, arms = 2) =>
  loadScripted({ ...shape, ...load }, script, { arms: turned(arm, arms) })
/** How far into a turn a request is sent, and whether the turn is the arm's. */
function placed(asked: readonly { atMs: number }[], arm = 0, arms = 2) {
  const turns = new Turns(turned(arm, arms), 200e6)
  return asked.map(({ atMs }) => ({ atMs, own: turns.own(atMs * 1e6), intoMs: (atMs + 1e-6) % 50 }))
}
const foreign = (asked: readonly { atMs: number }[], arm = 0, arms = 2) =>
  placed(asked, arm, arms).filter(({ own }) => !own)

describe('paired', () => {
  test.for([
    ['even', {}],
    ['drawn', { arrivals: 'poisson' }],
    ['per connection', { pacing: 'per-connection' }],
  ] as const)('all arms together send what one would at so many times the rate: %s', async ([, kind]) => {
    const load = { ...shape, threads: 2, connections: 8, ...kind } as const
    const times = await Promise.all(
      [0, 1, 2].map(async (arm) => {
        const arms = { design: 'paired', arm, arms: 3, seed: 5 } as const
        const { asked, result } = await loadScripted({ ...load, rate: 100, seed: arm }, replyAfter(1), { arms })
        expect(result).toMatchObject({ targetRate: 100, errors: {}, validity: { valid: true } })
        if (!('arrivals' in kind))
          expect(result).toMatchObject({ requests: 200, warmUpRequests: 20, achievedRate: 100 })
        return asked.map(({ atMs }) => atMs)
      }),
    )
    const together = times.flat().toSorted((a, b) => a - b)
    const { asked } = await loadScripted({ ...load, rate: 300, seed: 5 }, replyAfter(1))
    expect(together).toHaveLength(asked.length)
    for (const [i, { atMs }] of asked.entries()) expect(together[i]).toBeCloseTo(atMs, 0)
  })

  test('ends by its own number of requests, and by a rule', async () => {
    const arms = { design: 'paired', arm: 1, arms: 2, seed: 5 } as const
    const { result } = await loadScripted({ ...shape, rate: 100, maxRequests: 51 }, replyAfter(1), { arms })
    expect(result).toMatchObject({ requests: 51, errors: {}, stopped: { by: 'maxRequests' } })
    const stopWhen = { errorRate: 0.5, for: '1s' } as const
    const refusing: Script = { answer: () => ({ afterMs: 5, refusal: 'http_5xx' }) }
    const ruled = await loadScripted({ ...shape, rate: 100, stopWhen }, refusing, { arms })
    expect(ruled.result.stopped?.atMs).toBeCloseTo(1000, 1)
    expect(ruled.result.requests).toBeGreaterThanOrEqual(100)
    expect(ruled.result.requests).toBeLessThanOrEqual(101)
  })
})

describe('slices of an open loop', () => {
  test.for([
    ['even', {}],
    ['drawn', { arrivals: 'poisson' }],
    ['per connection', { pacing: 'per-connection' }],
  ] as const)('are sent in, at the arm’s rate, and until shortly before they end: %s', async ([, kind]) => {
    for (const arms of [2, 3])
      for (let arm = 0; arm < arms; arm++) {
        const { asked, result } = await inTurn(
          { rate: 1000, threads: 2, connections: 24, duration: '2400ms', ...kind },
          replyAfter(2),
          arm,
          arms,
        )
        expect(foreign(asked, arm, arms)).toEqual([])
        expect(placed(asked, arm, arms).filter(({ intoMs }) => intoMs > 40.1)).toEqual([])
        expect(result).toMatchObject({ targetRate: 1000, errors: {}, validity: { valid: true } })
        expect(result.requests + result.warmUpRequests).toBe(asked.length)
        expect(result.achievedRate / 1000).toBeCloseTo(1, 'arrivals' in kind ? 0 : 1)
        // The threads have one clock: one of them waits up to 50 µs while the other is late.
        expect(result.sendLag.maxUs).toBeLessThan(51)
      }
  })

  test('what is sent while a turn settles is not measured', async () => {
    const { asked, result } = await inTurn({ rate: 1000 }, replyAfter(2))
    const settling = placed(asked).filter(({ atMs, intoMs }) => atMs > 199.9 && intoMs < 4.99)
    // In 2 s 20 turns of 50 ms, of which 5 settle and 10 drain.
    expect(settling).toHaveLength(20 * 5)
    expect(result).toMatchObject({ requests: 20 * 35, latency: { count: 20 * 35 }, warmUpRequests: asked.length - 700 })
  })

  test('what finds no connection in its turn waits for the next, which is latency', async () => {
    // 10 of 40 are answered in a turn, and the two that are under way at its end go on into another's.
    const { asked, result } = await inTurn({ rate: 1000, connections: 2, warmUp: '0s', duration: '1s' }, replyAfter(10))
    expect(foreign(asked.map(({ atMs }) => ({ atMs: atMs + 200 })))).toEqual([])
    expect(result.latency.maxUs).toBeGreaterThan(500_000)
    expect(result.validity.valid).toBe(false)
  })

  test('every burst comes, and where it is measured', async () => {
    const { asked, result } = await inTurn({ rate: { burst: 8, every: '70ms' }, connections: 8 }, replyAfter(1))
    expect(foreign(asked)).toEqual([])
    expect(result).toMatchObject({ requests: (8 * 20 * 35) / 70, errors: {}, validity: { valid: true } })
  })
})

describe('slices of a closed loop', () => {
  test.for([
    ['kept connections', {}],
    ['a connection for each request', { keepAlive: false }],
    ['connections that are replaced', { requestsPerConnection: 3 }],
    ['thinking', { thinkTime: '7ms' }],
    ['thinking at random', { thinkTime: { min: '1ms', max: '90ms' } }],
  ] as const)('hold what is freed out of turn, and go on: %s', async ([, kind]) => {
    for (const arm of [0, 1]) {
      const { asked, result } = await inTurn({ ...kind, connections: 4, threads: 2 }, replyAfter(6), arm)
      expect(foreign(asked, arm)).toEqual([])
      expect(placed(asked, arm).filter(({ intoMs }) => intoMs > 40.1)).toEqual([])
      expect(result).toMatchObject({ errors: {}, targetRate: null })
      // Waiting for a turn is no latency.
      expect(result.latency.maxUs).toBeLessThan(6100)
      expect(result.requests + result.warmUpRequests).toBe(asked.length)
      const turns = new Set(placed(asked, arm).map(({ atMs }) => Math.floor((atMs + 1e-6) / 50)))
      expect(turns.size).toBe(22)
    }
  })

  test('all lanes send when the turn begins, and what they send while it settles is not measured', async () => {
    const { asked, result } = await inTurn({}, replyAfter(8))
    const own = placed(asked)
    // At 0, 8, 16, 24, 32 ms of a turn on each of 4 connections; the one that is free at 40 is held.
    expect(own).toHaveLength(22 * 5 * 4)
    for (const { intoMs } of own) expect(Math.abs(intoMs - 8 * Math.round(intoMs / 8))).toBeLessThan(0.01)
    expect(result).toMatchObject({ requests: 20 * 4 * 4, warmUpRequests: own.length - 20 * 4 * 4 })
    // Of 100 ms 35 are measured.
    expect(result.achievedRate).toBeCloseTo((20 * 4 * 4) / (2 * 0.35), 6)
  })

  test('a connection that is lost out of turn is there again in the next', async () => {
    const script = { ...replyAfter(2), idleMs: 30, connectMs: 5 }
    const { asked, result, connections } = await inTurn({}, script)
    expect(foreign(asked)).toEqual([])
    expect(connections).toBeGreaterThan(10)
    expect(result.errors).toEqual({})
    expect(result.latency.maxUs).toBeLessThan(2010)
  })
})

test.for([
  ['open', { rate: 200 }],
  ['open, per connection', { rate: 200, pacing: 'per-connection' }],
  ['closed', {}],
  ['thinking', { thinkTime: '5ms' }],
] as const)('slices end early: %s', async ([, kind]) => {
  const load = { ...kind, threads: 2, duration: '20s' } as const
  const counted = await inTurn({ ...load, maxRequests: 51 }, replyAfter(2))
  expect(counted.result).toMatchObject({ requests: 51, errors: {}, stopped: { by: 'maxRequests' } })
  const refusing: Script = { answer: () => ({ afterMs: 5, refusal: 'http_5xx' }) }
  const ruled = await inTurn({ ...load, stopWhen: { errorRate: 0.5, for: '1s' } }, refusing)
  expect(ruled.result.stopped?.atMs).toBeCloseTo(1000, 1)
  expect(Math.max(...ruled.asked.map(({ atMs }) => atMs))).toBeLessThanOrEqual(1200)
  expect(ruled.tookMs).toBeLessThan(1200 + 250)
})
