import { once } from 'node:events'
import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { loadSchema } from '../../load/input/index.ts'
import { counted, loadStreams as load } from './testing.ts'

async function nodeServer(
  answer: (stream: ServerHttp2Stream, n: number, headers: IncomingHttpHeaders) => void,
  options: ServerOptions = {},
) {
  const server: Http2Server = createServer(options)
  const seen = { connections: 0, requests: 0, most: 0 }
  const asking = new Set<unknown>()
  let open = 0
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    seen.most = Math.max(seen.most, ++open)
    stream.on('close', () => open--)
    seen.connections = asking.add(stream.session).size
    answer(stream, ++seen.requests, headers)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return { url, seen, [Symbol.asyncDispose]: async () => void server.close() }
}

describe.concurrent('against node:http2', { retry: 1 }, () => {
  test('sends exactly the scheduled requests over shared connections', async () => {
    await using server = await nodeServer((stream) => stream.end('hello'))
    const result = await load(server.url, { rate: 400 })
    expect(counted(result)).toEqual({ requests: 200, errors: {} })
    expect(result.latency.count).toBe(200)
    expect(result.bytesReceived).toBeGreaterThan(200 * 'hello'.length)
    expect(server.seen).toMatchObject({ requests: 200, connections: 2 })
  })

  test('a closed loop has one request under way on each stream', async () => {
    await using server = await nodeServer((stream) => setTimeout(() => stream.end('late'), 20))
    const result = await load(server.url, {})
    expect(result.errors).toEqual({})
    expect(server.seen.most).toBe(8)
    expect(result.requests).toBeGreaterThan(100)
    expect(result.requests).toBeLessThanOrEqual(8 * 26)
  })

  test('no more streams than the peer allows are open at once, and none is refused', async () => {
    const options = { settings: { maxConcurrentStreams: 2 } }
    await using server = await nodeServer((stream) => setTimeout(() => stream.end('ok'), 5), options)
    const result = await load(server.url, { connections: 1 }, 8)
    expect(result.errors).toEqual({})
    expect(server.seen.most).toBe(2)
    expect(result.latency.p50Us).toBeGreaterThan(15_000)
  })

  test('statuses of every encoding are counted by kind', async () => {
    const statuses = [200, 204, 302, 404, 418, 503, 500, 599]
    await using server = await nodeServer((stream, n) => {
      stream.respond({ ':status': statuses[n % 8] as number })
      stream.end()
    })
    const result = await load(server.url, { rate: 400 })
    expect(counted(result)).toEqual({ requests: 200, errors: { http_4xx: 50, http_5xx: 75 } })
  })

  test('bodies go within the windows that the server opens', async () => {
    const body = 'x'.repeat(80_000)
    let received = 0
    const options = { settings: { initialWindowSize: 4000 } }
    await using server = await nodeServer((stream) => {
      stream.on('data', (chunk) => {
        received += chunk.length
      })
      stream.on('end', () => stream.end('thanks'))
    }, options)
    const result = await load(server.url, { method: 'POST', body, rate: 40 })
    expect(counted(result)).toEqual({ requests: 20, errors: {} })
    expect(received).toBe(20 * body.length)
  })

  test('the request is what the spec says', async () => {
    let seen: Record<string, unknown> = {}
    let received = ''
    const headers = { 'X-Id': '7', Host: 'example.test', 'x-long': 'v'.repeat(20_000) }
    const spec = { method: 'POST', headers, body: 'héllo', path: '/a?b', rate: 20 }
    const options = { maxHeaderListPairs: 1000, settings: { maxHeaderListSize: 100_000 } }
    await using server = await nodeServer((stream, _, headers) => {
      seen = headers
      stream.on('data', (chunk) => {
        received = `${chunk}`
      })
      stream.on('end', () => stream.end('ok'))
    }, options)
    const result = await load(server.url, spec)
    expect(counted(result)).toEqual({ requests: 10, errors: {} })
    expect(seen).toMatchObject({
      ':method': 'POST',
      ':path': '/a?b',
      ':scheme': 'http',
      ':authority': 'example.test',
      'x-id': '7',
      'content-length': '6',
      'x-long': headers['x-long'],
    })
    expect(received).toBe('héllo')
  })

  // nghttp2, which node:http2 is, ends a connection whose blocks do not fit its table.
  test.for([
    ['as usual', {}, 100],
    ['too small for them', { headerTableSize: 100 }, 100],
    ['of nothing', { headerTableSize: 0 }, 100],
    ['of more than usual', { headerTableSize: 65_536 }, 100],
    ['of more than usual, and headers that take it', { headerTableSize: 65_536 }, 5000],
  ] as const)('each request has all of its headers, with a table %s', async ([, settings, length]) => {
    const seen = new Map<string, number>()
    await using server = await nodeServer(
      (stream, n, { 'x-id': id, 'x-other': other, ':path': path, ':authority': host }) => {
        const all = `${host} ${path} ${id} ${other}`
        seen.set(all, (seen.get(all) ?? 0) + 1)
        // Anew in the middle of the load.
        if (n === 100) stream.session?.settings({ headerTableSize: 200 })
        stream.end('ok')
      },
      { settings },
    )
    const headers = { host: 'example.test', 'x-id': '7', 'x-other': 'o'.repeat(length) }
    const result = await load(server.url, { rate: 400, headers, path: '/a' })
    expect(counted(result)).toEqual({ requests: 200, errors: {} })
    expect(server.seen.connections).toBe(2)
    expect([...seen]).toEqual([[`example.test /a 7 ${headers['x-other']}`, 200]])
  })

  test('a mix of requests is sent by weight, on each stream', async () => {
    const paths = new Map<unknown, number>()
    await using server = await nodeServer((stream, _, headers) => {
      const key = `${headers[':method']} ${headers[':path']}`
      paths.set(key, (paths.get(key) ?? 0) + 1)
      stream.end('ok')
    })
    const requests = [
      { path: '/a', weight: 3 },
      { path: '/b', method: 'POST', body: 'x' },
    ]
    expect(counted(await load(server.url, { rate: 400, requests }))).toEqual({ requests: 200, errors: {} })
    expect([...paths.keys()].toSorted()).toEqual(['GET /a', 'POST /b'])
    expect(paths.get('GET /a')).toBeGreaterThan(120)
  })

  test.for([
    ['think time', { thinkTime: '20ms' }],
    ['per-connection pacing', { rate: 200, pacing: 'per-connection' }],
    ['staggered starts', { rate: 200, stagger: '100ms' }],
  ] as const)('%s is that of each stream', async ([, shape]) => {
    await using server = await nodeServer((stream) => stream.end('ok'))
    const result = await load(server.url, shape)
    expect(result.errors).toEqual({})
    expect(result.requests).toBeGreaterThan(50)
    expect(result.requests).toBeLessThanOrEqual(8 * 26)
    expect(server.seen.connections).toBe(2)
  })

  test('large replies are read to their end', async () => {
    const size = 1_000_000
    await using server = await nodeServer((stream) => stream.end(Buffer.alloc(size)))
    const result = await load(server.url, { rate: 40 })
    expect(counted(result)).toEqual({ requests: 20, errors: {} })
    expect(result.bytesReceived).toBeGreaterThan(20 * size)
  })

  test('keepAlive off uses each stream of a connection once', async () => {
    await using server = await nodeServer((stream) => stream.end('ok'))
    const result = await load(server.url, { rate: 100, keepAlive: false }, 1)
    expect(counted(result)).toEqual({ requests: 50, errors: {} })
    expect(server.seen.connections).toBe(50)
  })

  test('streams that the server resets are counted, the others go on', async () => {
    await using server = await nodeServer((stream, n) => (n % 10 === 0 ? stream.close(7) : stream.end('ok')))
    const result = await load(server.url, { rate: 200 })
    expect(counted(result)).toEqual({ requests: 100, errors: { reset: 10 } })
    expect(server.seen.connections).toBe(2)
  })

  test('a timeout costs one request and no connection while others are answered', async () => {
    await using server = await nodeServer((stream, n) => n !== 10 && stream.end('ok'))
    const result = await load(server.url, { rate: 200, timeout: '200ms', connections: 1 })
    expect(counted(result)).toEqual({ requests: 100, errors: { timeout: 1 } })
    expect(server.seen.connections).toBe(1)
  })
})

test('fields of HTTP/2 are only for HTTP/2', () => {
  expect(loadSchema.safeParse({ http2: { streams: 4 } }).error?.issues).toMatchObject([
    { path: ['http2'], message: 'none, where the protocol is http' },
  ])
  expect(loadSchema.safeParse({ protocol: 'http2', http2: { streams: 1001 } }).success).toBe(false)
})
