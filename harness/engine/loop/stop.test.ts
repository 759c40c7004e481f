import { describe, expect, test } from 'vitest'
import { loadScripted, replyAfter, type Script } from './testing-lanes.ts'

describe('a load that ends early', () => {
  test.for([
    ['open', { rate: 100 }],
    ['open, drawn', { rate: 100, arrivals: 'poisson' }],
    ['open, per connection', { rate: 100, pacing: 'per-connection' }],
    ['open, bursts', { rate: { burst: 20, every: '200ms', base: 10 } }],
    ['closed', {}],
    ['closed, thinking', { thinkTime: '10ms' }],
  ] as const)('by its number of requests: %s', async ([, shape]) => {
    const load = { ...shape, maxRequests: 51, threads: 2, duration: '20s' }
    const { result, asked, tookMs } = await loadScripted(load, replyAfter(2))
    expect(result).toMatchObject({ requests: 51, errors: {}, stopped: { by: 'maxRequests' } })
    expect(result.stopped?.why).toBe('all 51 requests were sent')
    expect(result.latency.count).toBe(51)
    expect(asked).toHaveLength(51 + result.warmUpRequests)
    expect(result.durationMs).toBeGreaterThanOrEqual(result.stopped?.atMs ?? Number.NaN)
    expect(result.achievedRate).toBeCloseTo((51 * 1000) / result.durationMs, 6)
    if ('rate' in shape && shape.rate === 100 && !('arrivals' in shape))
      expect(result.stopped?.atMs).toBeCloseTo(510, 6)
    // It ends with its last reply, which comes before the next arrival would be due. The warm-up takes 200 ms.
    expect(tookMs - 200).toBeGreaterThan(result.durationMs - 10)
    expect(tookMs - 200).toBeLessThan(result.durationMs + 0.1)
  })

  test.for([
    ['open', { rate: 100 }],
    ['open, per connection', { rate: 100, pacing: 'per-connection' }],
    ['closed', {}],
    ['closed, thinking', { thinkTime: '10ms' }],
  ] as const)('by a limit, and tells the truth about the rest: %s', async ([, shape]) => {
    const stopWhen = { errorRate: 0.5, for: '2s' }
    const load = { ...shape, threads: 2, duration: '20s', stopWhen }
    const { result, asked, tookMs } = await loadScripted(load, {
      answer: () => ({ afterMs: 5, refusal: 'http_5xx' }),
    })
    expect(result.stopped).toMatchObject({ by: 'errorRate', highestRate: 0 })
    expect(result.stopped?.atMs).toBeCloseTo(2000, 1)
    expect(result.stopped?.why).toBe('100 % of the requests failed, above 50 %, for 2.0 s')
    const { http_5xx: failed, unsent = 0 } = result.errors
    expect(result.errors).toEqual({ http_5xx: failed, ...(unsent > 0 ? { unsent } : {}) })
    expect(failed).toBe(result.requests - unsent)
    expect(asked).toHaveLength(result.requests - unsent + result.warmUpRequests)
    expect(result.achievedRate).toBeCloseTo(((failed ?? 0) * 1000) / result.durationMs, 6)
    expect(result.timeline.map(({ atMs }) => atMs).slice(0, 2)).toEqual([1000, 2000])
    // What was under way ends; nothing more is sent.
    expect(Math.max(...asked.map(({ atMs }) => atMs))).toBeLessThanOrEqual(2200)
    expect(tookMs).toBeLessThan(2200 + 5 + 250)
  })

  test('arrivals that were due and had no connection when it was stopped are unsent', async () => {
    const load = { rate: 100, connections: 1, duration: '20s', warmUp: '0s', stopWhen: { errorRate: 0.5, for: '1s' } }
    const { result } = await loadScripted(load, { answer: () => ({ afterMs: 100, refusal: 'http_5xx' }) })
    // Ten have been answered, the eleventh may be under way; the others wait. The last is due at the moment of the stop.
    expect(result.errors.http_5xx).toBeGreaterThanOrEqual(10)
    expect(result.errors.http_5xx).toBeLessThanOrEqual(11)
    expect((result.errors.http_5xx ?? 0) + (result.errors.unsent ?? 0)).toBe(101)
  })

  test.for(['shared', 'per-connection'] as const)(
    'of units, %s: what waits then was not to be answered',
    async (pacing) => {
      const stopWhen = { errorRate: 0.5, for: '1s' }
      const load = { rate: 100, pacing, connections: 1, duration: '20s', warmUp: '0s', stopWhen }
      const slow: Script = { answer: () => ({ afterMs: 100, refusal: 'http_5xx' }) }
      const { result, asked } = await loadScripted(load, slow, { unitMs: 1000 })
      expect(result.errors).toEqual({ http_5xx: asked.length })
      expect(result.requests).toBe(asked.length)
    },
  )

  test('connections that rest when it is stopped send nothing more', async () => {
    const load = { thinkTime: '900ms', duration: '20s', warmUp: '0s', stopWhen: { errorRate: 0.5, for: '1s' } }
    const { result, asked } = await loadScripted(load, { answer: () => ({ afterMs: 5, refusal: 'http_5xx' }) })
    expect(result.requests).toBe(asked.length)
    // Each connection sends at 0 and at 905 ms, and rests when the load is stopped.
    expect(asked).toHaveLength(8)
  })

  test.for([
    ['open', { rate: 100 }],
    ['open, per connection', { rate: 100, pacing: 'per-connection' }],
    ['closed', {}],
    ['closed, thinking', { thinkTime: '10ms' }],
  ] as const)(
    'without a warm-up every request is a measured one, however early the threads go on: %s',
    async ([, shape]) => {
      const load = { ...shape, maxRequests: 3, threads: 2, warmUp: '0s' }
      const { result, asked } = await loadScripted(load, replyAfter(0.1), { aheadMs: 1.7 })
      expect(result).toMatchObject({ requests: 3, warmUpRequests: 0, errors: {} })
      expect(asked).toHaveLength(3)
      for (const { atMs } of asked) expect(atMs).toBeGreaterThanOrEqual(0)
    },
  )

  test('by its duration when that is shorter, which is no early end', async () => {
    const { result } = await loadScripted({ rate: 50, maxRequests: 51 }, replyAfter(1))
    expect(result.requests).toBe(50)
    expect(result.stopped).toBeUndefined()
  })
})
