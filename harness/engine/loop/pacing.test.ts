import { describe, expect, test } from 'vitest'
import { reasonTexts } from '../../../reports/reasons.ts'
import { loadOn as load, okReply, rawServer } from '../../agent/testing.ts'

// These count real requests in real time; work beside them on the same cores can hold one up, hence the retries.
describe.concurrent('pacing', { retry: 2 }, () => {
  test('a connection rests for the think time, of which the latency knows nothing', async () => {
    await using server = await rawServer((socket) => socket.write(okReply))
    const result = await load(server.url, { thinkTime: '50ms' })
    // 4 connections, at most a request each 50 ms and one that began with the window.
    expect(result.requests).toBeLessThanOrEqual(4 * 21)
    expect(result.requests).toBeGreaterThan(4 * 10)
    expect(result).toMatchObject({ targetRate: null, errors: {} })
    expect(result.sendLag.count).toBe(result.requests)
    expect(result.latency.p50Us).toBeLessThan(45_000)
    expect(server).toMatchObject({ requests: result.requests + result.warmUpRequests, connections: 4 })
  })

  test('think times are drawn from their range', async () => {
    await using server = await rawServer((socket) => socket.write(okReply))
    const result = await load(server.url, { thinkTime: { min: '0s', max: '40ms' }, keepAlive: false, connections: 8 })
    expect(result.errors).toEqual({})
    expect(result.requests).toBeLessThan(8 * 80)
    expect(result.requests).toBeGreaterThan(8 * 12)
    expect(server.connections).toBe(server.requests)
  })

  test.for([
    ['open', { rate: 100, warmUp: '0s' }, 100],
    ['closed', { thinkTime: '10ms', warmUp: '0s' }, null],
  ] as const)('connections are replaced after their number of requests: %s loop', async ([, shape, requests]) => {
    await using server = await rawServer((socket) => socket.write(okReply))
    const result = await load(server.url, { ...shape, requestsPerConnection: 5, connections: 2 })
    expect(result.errors).toEqual({})
    if (requests !== null) expect(result.requests).toBe(requests)
    expect(server.connections).toBeGreaterThanOrEqual(Math.floor(server.requests / 5))
    expect(server.connections).toBeLessThanOrEqual(Math.ceil(server.requests / 5) + 2)
  })

  test.for([
    ['kept', { keepAlive: true }],
    ['opened for each request', { keepAlive: false }],
  ] as const)('connections start one after the other: %s', async ([, shape]) => {
    const began = new Map<number, number>()
    await using server = await rawServer((socket) => {
      const port = socket.remotePort ?? 0
      if (!began.has(port)) began.set(port, performance.now())
      socket.write(okReply)
    })
    const staggered = {
      warmUp: '0s',
      connections: 5,
      threads: 2,
      stagger: '1s',
      thinkTime: '5s',
      timeout: '1s',
    } as const
    const result = await load(server.url, { ...staggered, ...shape, duration: '1200ms' })
    expect(result).toMatchObject({ requests: 5, errors: {} })
    const times = [...began.values()].toSorted((a, b) => a - b)
    expect((times.at(-1) as number) - (times[0] as number)).toBeGreaterThan(700)
    for (const [i, time] of times.slice(1).entries()) expect(time - (times[i] as number)).toBeGreaterThan(60)
  })

  test('paced per connection, each connection has its share of the arrivals, whatever the others do', async () => {
    const answered = new Map<number, number>()
    await using server = await rawServer((socket) => {
      const port = socket.remotePort ?? 0
      answered.set(port, (answered.get(port) ?? 0) + 1)
      // One of the connections is slow: its requests wait for it, though others are free.
      const slow = [...answered.keys()][0] === port
      setTimeout(() => socket.write(okReply), slow ? 100 : 0)
    })
    const result = await load(server.url, {
      rate: 100,
      pacing: 'per-connection',
      connections: 5,
      threads: 2,
      warmUp: '0s',
    })
    expect(result).toMatchObject({ requests: 100, errors: {}, targetRate: 100 })
    expect([...answered.values()]).toEqual([20, 20, 20, 20, 20])
    expect(result.connectionWait.maxUs).toBeGreaterThan(700_000)
    expect(reasonTexts(result.validity.reasons)).toMatch(/rate was not held: \d+ of 100 requests/)
  })

  test('paced per connection, what is not answered is a timeout or unsent, and what is refused fails as connect', async () => {
    await using silent = await rawServer(() => {})
    const shape = { rate: 50, pacing: 'per-connection', connections: 2, timeout: '300ms', warmUp: '0s' } as const
    const result = await load(silent.url, shape)
    expect(result.requests).toBe(50)
    expect(Object.keys(result.errors).toSorted()).toEqual(['timeout', 'unsent'])
    const gone = await rawServer(() => {})
    await gone[Symbol.asyncDispose]()
    expect(await load(gone.url, shape)).toMatchObject({ requests: 50, errors: { connect: 50 } })
  })
})
