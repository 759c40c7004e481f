import { expect, test } from 'vitest'
import { reasonTexts } from '../../../reports/reasons.ts'
import { loadScripted, replyAfter } from './testing-lanes.ts'

const counted = <T>(all: readonly T[]) =>
  all.reduce((counts, one) => counts.set(one, (counts.get(one) ?? 0) + 1), new Map<T, number>())

test('a connection rests for the think time, of which the latency knows nothing', async () => {
  const { result, asked, connections } = await loadScripted({ thinkTime: '50ms' }, replyAfter(1))
  // Each of 4 connections sends at 0, 51, 102, … ms: the 4th of them is the first after 200 ms, the 23rd the last before 1200 ms.
  expect(result).toMatchObject({ targetRate: null, errors: {}, requests: 4 * 20, warmUpRequests: 4 * 4 })
  expect(result.sendLag).toMatchObject({ count: 4 * 20, maxUs: 0 })
  expect(result.connectionWait).toMatchObject({ count: 4 * 20, maxUs: 0 })
  // Replies are looked for each 4 µs.
  expect(result.latency.p50Us).toBeGreaterThanOrEqual(1000)
  expect(result.latency.maxUs).toBeLessThan(1005)
  expect(asked).toHaveLength(4 * 24)
  expect(connections).toBe(4)
  for (let lane = 0; lane < 4; lane++) {
    const times = asked.filter((one) => one.lane === lane).map(({ atMs }) => atMs)
    for (const [i, atMs] of times.entries()) expect(atMs - 51 * i, `request ${i}`).toBeCloseTo(0, 0)
  }
})

test('think times are drawn from their range, evenly and with the seed', async () => {
  const shape = { thinkTime: { min: '20ms', max: '60ms' }, duration: '20s', warmUp: '0s', connections: 8 } as const
  const { result, asked } = await loadScripted(shape, replyAfter(0))
  expect(result.errors).toEqual({})
  const rests = asked.flatMap(({ lane, atMs }, i) => {
    const later = asked.slice(i + 1).find((one) => one.lane === lane)
    return later === undefined ? [] : later.atMs - atMs
  })
  expect(Math.min(...rests)).toBeGreaterThanOrEqual(20)
  expect(Math.max(...rests)).toBeLessThan(60.01)
  // About 4000 draws: six standard errors of their mean are 1.1 ms, and of a quarter's share 4.1 %.
  expect(Math.abs(rests.reduce((sum, rest) => sum + rest, 0) / rests.length - 40)).toBeLessThan(1.1)
  for (const from of [20, 30, 40, 50]) {
    const share = rests.filter((rest) => rest >= from && rest < from + 10).length / rests.length
    expect(Math.abs(share - 0.25), `from ${from} ms`).toBeLessThan(0.041)
  }
  expect((await loadScripted(shape, replyAfter(0))).asked).toEqual(asked)
  expect((await loadScripted({ ...shape, seed: 9 }, replyAfter(0))).asked).not.toEqual(asked)
})

test('thinking without keepAlive, each request has its own connection, which counts in its latency', async () => {
  const script = { ...replyAfter(1), connectMs: 3 }
  const { result, asked, connections } = await loadScripted({ thinkTime: '46ms', keepAlive: false }, script)
  // A cycle is 46 + 3 + 1 ms.
  expect(result).toMatchObject({ errors: {}, requests: 4 * 20 })
  expect(result.latency.p50Us).toBeGreaterThanOrEqual(4000)
  expect(result.latency.maxUs).toBeLessThan(4020)
  expect(connections).toBe(asked.length)
})

test.for([
  ['open', { rate: 100, warmUp: '0s' }],
  ['open, per connection', { rate: 100, pacing: 'per-connection', warmUp: '0s' }],
  ['closed', { warmUp: '0s' }],
  ['closed, thinking', { thinkTime: '10ms', warmUp: '0s' }],
] as const)('connections are replaced after their number of requests: %s', async ([, shape]) => {
  const load = { ...shape, requestsPerConnection: 5, connections: 2 }
  const { result, asked, connections } = await loadScripted(load, replyAfter(5))
  expect(result.errors).toEqual({})
  if ('rate' in shape) expect(result.requests).toBe(100)
  expect(connections).toBeGreaterThanOrEqual(Math.floor(asked.length / 5))
  expect(connections).toBeLessThanOrEqual(Math.ceil(asked.length / 5) + 2)
})

test.for([
  ['kept', { keepAlive: true }],
  ['opened for each request', { keepAlive: false }],
] as const)('connections start one after the other: %s', async ([, shape]) => {
  const staggered = { warmUp: '0s', connections: 5, threads: 2, stagger: '1s', thinkTime: '5s', timeout: '1s' } as const
  const { result, asked } = await loadScripted({ ...staggered, ...shape, duration: '1200ms' }, replyAfter(1))
  expect(result).toMatchObject({ requests: 5, errors: {} })
  expect(asked.map(({ lane }) => lane)).toEqual([0, 1, 2, 3, 4])
  for (const [i, { atMs }] of asked.entries()) expect(atMs - 200 * i).toBeCloseTo(0, 1)
})

test('paced per connection, each connection has its share of the arrivals, whatever the others do', async () => {
  const shape = { rate: 100, pacing: 'per-connection', connections: 5, threads: 2, warmUp: '0s' } as const
  // One of the connections is slow: its requests wait for it, though others are free.
  const { result, asked } = await loadScripted(shape, { answer: ({ lane }) => ({ afterMs: lane === 0 ? 100 : 1 }) })
  expect(result).toMatchObject({ requests: 100, errors: {}, targetRate: 100 })
  expect([...counted(asked.map(({ lane }) => lane)).values()]).toEqual([20, 20, 20, 20, 20])
  // The 20th request is due at 950 ms, and the connection is free for it after 1900 ms.
  expect(result.connectionWait.maxUs).toBeGreaterThan(949_000)
  expect(result.connectionWait.maxUs).toBeLessThan(951_000)
  for (const { lane, atMs } of asked.filter((one) => one.lane !== 0)) expect((atMs - 10 * lane) % 50).toBeLessThan(0.01)
  // In time are the 80 of the others, and of the slow one those at 0, 100, … 900 ms.
  expect(reasonTexts(result.validity.reasons)).toMatch(/rate was not held: 90 of 100 requests/)
})

test('paced per connection, what is not answered is a timeout or unsent, and what is refused fails as connect', async () => {
  const rate = { burst: 10, every: '200ms' } as const
  const shape = { rate, pacing: 'per-connection', connections: 2, timeout: '300ms', warmUp: '0s' } as const
  const { result } = await loadScripted(shape, { answer: () => null })
  expect(result.requests).toBe(50)
  expect(Object.keys(result.errors).toSorted()).toEqual(['timeout', 'unsent'])
  expect(Object.values(result.errors).reduce((sum, count) => sum + count)).toBe(50)
  const { result: refused } = await loadScripted(shape, { answer: () => null, accepts: () => false })
  expect(refused).toMatchObject({ requests: 50, errors: { connect: 50 } })
})

test('a connection that is lost just before its moment is opened for that request, and for no other', async () => {
  // Lost after 49.5 ms of rest it may be opened again a millisecond later; but its request is due before.
  const script = { ...replyAfter(80), idleMs: 49.5, connectMs: 1 }
  const { result, asked, tookMs } = await loadScripted({ thinkTime: '50ms', warmUp: '0s' }, script)
  expect(result).toMatchObject({ errors: {}, requests: asked.length })
  const first = asked.filter(({ lane }) => lane === 0).map(({ atMs }) => atMs)
  for (const [i, atMs] of first.entries()) expect(Math.abs(atMs - 131 * i)).toBeLessThan(2)
  expect(tookMs).toBeLessThan(1300)
})
