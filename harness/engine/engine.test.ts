import { describe, expect, test } from 'vitest'
import type { LoadResult } from '../../reports/load-result.ts'
import { reasonTexts } from '../../reports/reasons.ts'
import { loadOn, okReply, rawServer } from '../agent/testing.ts'
import type { LoadInput } from '../load/input/index.ts'

/** On a busy machine replies may take seconds; timeouts are tested where they are set. */
const load = (url: string, input: LoadInput) => loadOn(url, { timeout: '20s', ...input })

// What is a matter of time is tested in loop/, with a clock of the test's own.
const errorsOf = ({ errors }: LoadResult) => Object.values(errors).reduce((sum, count) => sum + count, 0)

describe.concurrent('open loop', () => {
  test('sends exactly the scheduled requests and measures those of the measured part', async () => {
    await using server = await rawServer((socket) => socket.write(okReply))
    const result = await load(server.url, { rate: 200 })
    expect(result).toMatchObject({ targetRate: 200, requests: 200, warmUpRequests: 40, errors: {} })
    expect(result.bytesReceived).toBe(200 * okReply.length)
    expect(server).toMatchObject({ requests: 240, connections: 4 })
    for (const distribution of [result.latency, result.serviceTime, result.connectionWait, result.sendLag])
      expect(distribution.count).toBe(200)
    expect(result.timeline.reduce((sum, { requests }) => sum + requests, 0)).toBe(200)
    expect(result.achievedRate).toBeLessThanOrEqual(200)
  })

  test('threads share the schedule and the connections', async () => {
    await using server = await rawServer((socket) => socket.write(okReply))
    const result = await load(server.url, { rate: 301, threads: 3, connections: 7 })
    expect(result).toMatchObject({ requests: 301, warmUpRequests: 60, errors: {} })
    expect(server).toMatchObject({ requests: 361, connections: 7 })
  })

  test('a server that is too slow shows as latency and connection wait, not as missing load', async () => {
    await using server = await rawServer((socket) => setTimeout(() => socket.write(okReply), 50))
    const result = await load(server.url, { rate: 40, connections: 1 })
    expect(result).toMatchObject({ requests: 40, errors: {} })
    // 20 a second are served: the 40th waits about a second.
    expect(result.latency.maxUs).toBeGreaterThan(900_000)
    expect(result.connectionWait.maxUs).toBeGreaterThan(800_000)
    expect(result.serviceTime.p50Us).toBeLessThan(200_000)
    expect(result.achievedRate).toBeLessThan(25)
    expect(reasonTexts(result.validity.reasons)).toMatch(/rate was not held: \d+ of 40 requests at 40\/s/)
  })

  test('what is not answered in time is a timeout, and what finds no connection is unsent', async () => {
    await using server = await rawServer(() => {})
    const started = performance.now()
    const rate = { burst: 10, every: '200ms' } as const
    const result = await load(server.url, { rate, connections: 2, timeout: '300ms', warmUp: '0s' })
    expect(result.requests).toBe(50)
    expect(Object.keys(result.errors).toSorted()).toEqual(['timeout', 'unsent'])
    expect(errorsOf(result)).toBe(50)
    expect(result.latency).toMatchObject({ count: 0, p99Us: null })
    expect(server.requests).toBe(result.errors.timeout)
    expect(performance.now() - started).toBeLessThan(20_000)
  })

  // Half a second has to be enough for every other reply, which a busy machine may not allow.
  test('a timeout costs one request and one connection', { retry: 2 }, async () => {
    await using server = await rawServer((socket, n) => n !== 30 && socket.write(okReply))
    const result = await load(server.url, { rate: 100, timeout: '500ms', warmUp: '0s' })
    expect(result).toMatchObject({ requests: 100, errors: { timeout: 1 } })
    expect(result.latency.count).toBe(99)
    expect(server.connections).toBe(5)
  })

  test('a refused connection fails each arrival as connect', async () => {
    const gone = await rawServer(() => {})
    await gone[Symbol.asyncDispose]()
    const result = await load(gone.url, { rate: 100 })
    expect(result).toMatchObject({ requests: 100, errors: { connect: 100 }, warmUpRequests: 0 })
  })
})

describe.concurrent('closed loop', () => {
  test('a refusing target does not make it spin', async () => {
    const gone = await rawServer(() => {})
    await gone[Symbol.asyncDispose]()
    const result = await load(gone.url, {})
    // Each connection doubles its rest from 1 ms up to 0.5 s.
    expect(result.errors.connect).toBeGreaterThan(0)
    expect(result.requests).toBeLessThan(4 * 15)
    expect(result.requests).toBe(result.errors.connect)
  })

  test('a target that closes what it accepts does not make it spin', async () => {
    await using server = await rawServer((socket) => socket.destroy())
    const result = await load(server.url, {})
    expect(result.errors.closed).toBe(result.requests)
    expect(server.connections).toBeLessThan(4 * 20)
  })
})

describe.concurrent('replies and connections', () => {
  test('statuses from 400 and 500 are errors by kind, and have latencies', async () => {
    const statuses = ['200 OK', '302 Found', '404 Not Found', '503 Unavailable']
    await using server = await rawServer((socket, n) =>
      socket.write(`HTTP/1.1 ${statuses[n % 4]}\r\nContent-Length: 0\r\n\r\n`),
    )
    const result = await load(server.url, { rate: 100, warmUp: '0s' })
    expect(result).toMatchObject({ requests: 100, errors: { http_4xx: 25, http_5xx: 25 } })
    expect(result.latency.count).toBe(100)
  })

  test.for([
    ['closed', (n: number) => (n === 7 ? 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf' : okReply)],
    ['protocol', (n: number) => (n === 7 ? 'SSH-2.0-OpenSSH_9.2\r\n' : okReply)],
  ] as const)('%s: the request fails, the connection is replaced', async ([kind, text]) => {
    await using server = await rawServer((socket, n) => {
      socket.write(text(n))
      if (n === 7) socket.end()
    })
    const result = await load(server.url, { rate: 100, warmUp: '0s' })
    expect(result).toMatchObject({ requests: 100, errors: { [kind]: 1 } })
    expect(server.connections).toBe(5)
  })

  test.for([
    ['a reply that says close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['a reply that ends with the connection', 'HTTP/1.1 200 OK\r\n\r\nok'],
  ] as const)('%s is no error and costs a connection', async ([, text]) => {
    await using server = await rawServer((socket) => socket.end(text))
    const result = await load(server.url, { rate: 50, warmUp: '0s' })
    expect(result).toMatchObject({ requests: 50, errors: {} })
    expect(server.connections).toBeGreaterThanOrEqual(50)
  })

  test.for([
    ['open', { rate: 100 }],
    ['closed', {}],
  ] as const)('keepAlive off opens a connection for each request: %s loop', async ([, shape]) => {
    let asked = true
    await using server = await rawServer((socket, _, text) => {
      asked &&= text.includes('Connection: close')
      socket.end(okReply)
    })
    const result = await load(server.url, { ...shape, keepAlive: false })
    expect(result.errors).toEqual({})
    expect(asked).toBe(true)
    expect(server.requests).toBe(result.requests + result.warmUpRequests)
    expect(server.connections).toBe(server.requests)
    if ('rate' in shape) expect(result.requests).toBe(100)
  })

  test('chunked and large replies are read to their end', async () => {
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    const reply = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(4)}0\r\n\r\n`
    await using server = await rawServer((socket) => socket.write(reply))
    const result = await load(server.url, { rate: 50 })
    expect(result).toMatchObject({ requests: 50, errors: {}, bytesReceived: 50 * reply.length })
  })

  test('the request is what the spec says', async () => {
    let received = ''
    await using server = await rawServer((socket, _, text) => {
      received = text
      socket.write(okReply)
    })
    const headers = { 'X-Id': '7', host: 'example.test' }
    const result = await load(server.url, {
      rate: 20,
      method: 'POST',
      headers,
      body: 'héllo',
      path: '/a?b',
    })
    expect(result).toMatchObject({ requests: 20, errors: {} })
    expect(Buffer.from(received, 'latin1').toString()).toBe(
      'POST /a?b HTTP/1.1\r\nhost: example.test\r\nContent-Length: 6\r\nX-Id: 7\r\n\r\nhéllo',
    )
  })
})
