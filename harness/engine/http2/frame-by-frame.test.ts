import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { okReply as http1Reply, rawServer } from '../../agent/testing.ts'
import { ack, endHeaders, endStream, frame, frameTypes, settingIds, settingsPayload, word } from './frames.ts'
import { huffmanOf } from './huffman.ts'
import { counted, framePeer, loadStreams as load, okReplyFrame } from './testing.ts'

test('headers are sent once on a connection, from then on their places in the table', async () => {
  const sizes: number[] = []
  await using peer = await framePeer((socket, { type, id, payload }) => {
    if (type !== frameTypes.headers) return
    sizes.push(payload.length)
    socket.write(okReplyFrame(id))
  })
  const headers = { 'x-id': 'seven', 'x-other': 'o'.repeat(100) }
  const result = await load(peer.url, { rate: 20, connections: 1, headers }, 1)
  expect(counted(result)).toEqual({ requests: 10, errors: {} })
  expect(sizes[0]).toBeGreaterThan(100)
  // A byte for each of six.
  expect(sizes.slice(1)).toEqual(Array(9).fill(6))
})

describe.concurrent('frame by frame', { retry: 1 }, () => {
  const status204 = Buffer.of(0x89)
  const padding = (bytes: Buffer) => Buffer.concat([Buffer.of(3), bytes, Buffer.alloc(3)])
  const pieces: Record<string, (id: number) => Buffer[]> = {
    'one byte of status': (id) => [okReplyFrame(id)],
    'a literal status': (id) => [
      frame(frameTypes.headers, endHeaders | endStream, id, Buffer.from('\x08\x03204', 'latin1')),
    ],
    'a status spelled out in Huffman code': (id) => [
      frame(frameTypes.headers, endHeaders | endStream, id, Buffer.from('0085b8848d36a3821001', 'hex')),
    ],
    'a change of table size': (id) => [frame(frameTypes.headers, endHeaders | endStream, id, Buffer.of(0x20, 0x88))],
    'padding, priority and an unknown frame': (id) => [
      frame(frameTypes.headers, endHeaders | 8 | 32, id, padding(Buffer.concat([Buffer.alloc(5), status204]))),
      frame(0xee, 0xff, id, Buffer.from('what')),
      frame(frameTypes.data, endStream | 8, id, padding(Buffer.from('data'))),
    ],
    continuation: (id) => [
      frame(frameTypes.headers, endStream, id),
      frame(frameTypes.continuation, 0, id, Buffer.of(0x08)),
      frame(frameTypes.continuation, endHeaders, id, Buffer.from('\x03200')),
    ],
    'interim replies and trailers': (id) => [
      frame(frameTypes.headers, endHeaders, id, Buffer.from('\x08\x03103')),
      frame(frameTypes.headers, endHeaders, id, Buffer.of(0x88)),
      frame(frameTypes.data, 0, id, Buffer.from('body')),
      frame(frameTypes.headers, endHeaders | endStream, id, Buffer.from('\x00\x01a\x01b')),
    ],
    'settings and a ping in between': (id) => [
      frame(frameTypes.headers, endHeaders, id, Buffer.of(0x88)),
      frame(frameTypes.settings, 0, 0, settingsPayload([[settingIds.maxConcurrentStreams, 100]])),
      frame(frameTypes.ping, 0, 0, Buffer.from('12345678')),
      frame(frameTypes.data, endStream, id),
    ],
  }
  test.for(Object.entries(pieces))('%s, whole and split at every byte', async ([, of]) => {
    const pings: string[] = []
    let at = 0
    await using peer = await framePeer((socket, { type, flags, id, payload }) => {
      if (type === frameTypes.ping && flags === ack) pings.push(payload.toString())
      if (type !== frameTypes.headers) return
      const reply = Buffer.concat(of(id))
      at = (at + 1) % reply.length
      socket.setNoDelay(true)
      socket.write(reply.subarray(0, at))
      setTimeout(() => socket.write(reply.subarray(at)), 2)
    })
    const result = await load(peer.url, { rate: 200, connections: 1 }, 1)
    expect(counted(result)).toEqual({ requests: 100, errors: {} })
    const asked = of(1).some((one) => one[3] === frameTypes.ping)
    expect(new Set(pings)).toEqual(new Set(asked ? ['12345678'] : []))
  })

  const goAway = (lastId: number, code = 0, debug = '') =>
    frame(frameTypes.goAway, 0, 0, Buffer.concat([word(lastId), word(code), Buffer.from(debug)]))

  const withLength = (field: Buffer, content: string) => (id: number) =>
    Buffer.concat([
      frame(frameTypes.headers, endHeaders, id, Buffer.concat([Buffer.of(0x88), field])),
      frame(frameTypes.data, 0, id, Buffer.from(content)),
      frame(frameTypes.data, endStream, id),
    ])
  const ten = {
    'by its index': Buffer.from('\x0f\x0d\x0210', 'latin1'),
    'spelled out': Buffer.from('\x00\x0econtent-length\x0210', 'latin1'),
    'in Huffman code': Buffer.from('008a21ea496a4ad416a9933f82083f', 'hex'),
    twice: Buffer.from('\x0f\x0d\x0210\x0f\x0d\x0210', 'latin1'),
  }
  test.for(
    Object.entries(ten).flatMap(
      ([how, field]) =>
        [
          [how, field, 'ten bytes.', {}, {}] as const,
          [how, field, 'short', { protocol: 10 }, { protocol: '5 bytes of content where its length is stated as 10' }],
          [
            how,
            field,
            'too long by far',
            { protocol: 10 },
            { protocol: expect.stringContaining('15 bytes of content') },
          ],
        ] as const,
    ),
  )('content-length: 10 %s, before "%3$s"', async ([, field, content, errors, errorWords]) => {
    await using peer = await framePeer((socket, { type, id }) => {
      if (type === frameTypes.headers) socket.write(withLength(field, content)(id))
    })
    const result = await load(peer.url, { rate: 20, connections: 1 }, 1)
    expect(counted(result)).toEqual({ requests: 10, errors })
    expect(result.errorWords ?? {}).toEqual(errorWords)
  })

  test.for([
    ['HEAD', '\x88', {}],
    ['GET', '\x8b', {}],
    ['GET', '\x88', { protocol: 10 }],
    // Two that differ.
    ['HEAD', '\x88\x0f\x0d\x019', { protocol: 10 }],
  ] as const)('%s whose reply, %j, states a length and has no content', async ([method, status, errors]) => {
    const fields = Buffer.concat([Buffer.from(status, 'latin1'), ten['by its index']])
    await using peer = await framePeer((socket, { type, id }) => {
      if (type === frameTypes.headers) socket.write(frame(frameTypes.headers, endHeaders | endStream, id, fields))
    })
    expect(counted(await load(peer.url, { method, rate: 20, connections: 1 }, 1))).toEqual({ requests: 10, errors })
  })

  const named = (name: string, coded: boolean) => {
    const bytes = coded ? huffmanOf(name) : Buffer.from(name)
    return Buffer.concat([Buffer.of(0x88, 0x00, (coded ? 0x80 : 0) | bytes.length), bytes, Buffer.from('\x01y')])
  }
  test.for([false, true])(
    'names in upper case are malformed, and others are not: in Huffman code %s',
    async (coded) => {
      const names = ['x-id', 'x-other', 'X-Id', 'x-id']
      await using peer = await framePeer((socket, { type, id }) => {
        if (type !== frameTypes.headers) return
        const block = named(names[(id - 1) / 2] ?? 'x-id', coded)
        socket.write(frame(frameTypes.headers, endHeaders | endStream, id, block))
      })
      const result = await load(peer.url, { rate: 20, connections: 1 }, 1)
      expect(result.errors.protocol).toBeGreaterThan(0)
      expect(result.latency.count).toBeGreaterThanOrEqual(5)
      expect(result.errorWords?.protocol).toBe('a malformed reply: a header that may not be called "X-Id"')
    },
  )

  test('GOAWAY: what is above its last stream goes on the next connection, the rest is answered', async () => {
    await using peer = await framePeer((socket, { type, id }, n) => {
      if (type !== frameTypes.headers) return
      if (n > 1 || id < 9) socket.write(okReplyFrame(id))
      else if (id === 15) socket.write(Buffer.concat([goAway(11), okReplyFrame(9), okReplyFrame(11)]))
    })
    const result = await load(peer.url, { rate: 400, connections: 1 })
    expect(counted(result)).toEqual({ requests: 200, errors: {} })
    expect(peer.connections).toBe(2)
    expect(peer.requests).toBe(202)
  })

  test('what a peer says as it goes away is told with what is lost by it', async () => {
    await using peer = await framePeer((socket, { type, id }) => {
      if (type === frameTypes.headers) socket.end(goAway(id, 11, `too_many_pings\x1b[31m${'!'.repeat(9000)}`))
    })
    const { errors, errorWords } = await load(peer.url, { rate: 20, connections: 1 }, 1)
    expect(errors).toEqual({ closed: 10 })
    expect(errorWords?.closed).toMatch(/^GOAWAY with error code 11: too_many_pings \[31m!+$/)
    expect(errorWords?.closed?.length).toBeLessThanOrEqual(256)
  })

  test('a peer that looks at nothing is asked twice', async () => {
    await using peer = await framePeer((socket, { type }) => {
      if (type === frameTypes.headers) socket.write(goAway(0))
    })
    const result = await load(peer.url, { rate: 20, connections: 1 }, 1)
    expect(counted(result)).toEqual({ requests: 10, errors: { closed: 10 } })
    expect(result.errorWords).toEqual({ closed: 'GOAWAY with error code 0' })
    expect(peer.requests).toBe(20)
  })

  const oneAtATime = frame(frameTypes.settings, 0, 0, settingsPayload([[settingIds.maxConcurrentStreams, 1]]))
  const ways: Record<string, [end: (socket: Socket, id: number) => void, errors: object]> = {
    'GOAWAY of the highest id': [
      (socket, id) => socket.write(Buffer.concat([goAway(0x7fff_ffff), okReplyFrame(id)])),
      {},
    ],
    'a reply and nonsense': [
      (socket, id) => socket.write(Buffer.concat([okReplyFrame(id), frame(frameTypes.settings, 0, 7)])),
      {},
    ],
    // The one that was sent is lost.
    'a connection that breaks': [(socket) => socket.resetAndDestroy(), { closed: 12 }],
  }
  test.for(Object.entries(ways))('%s loses no stream that waits for its turn', async ([, [end, errors]]) => {
    await using peer = await framePeer((socket, { type, id }) => {
      if (type !== frameTypes.headers) return
      setTimeout(() => (id === 9 ? end(socket, id) : socket.write(okReplyFrame(id))), 2)
    }, oneAtATime)
    const result = await load(peer.url, { maxRequests: 60, duration: '10s', connections: 1 }, 8)
    expect(counted(result)).toEqual({ requests: 60, errors })
    expect(peer.requests).toBe(60)
    expect(peer.connections).toBe(12)
  })

  test('a connection that is silent past the timeout is replaced', async () => {
    await using peer = await framePeer((socket, { type, id }, n) => {
      if (type === frameTypes.headers && (n > 1 || id < 9)) socket.write(okReplyFrame(id))
    })
    const result = await load(peer.url, { rate: 100, connections: 1, timeout: '100ms' })
    expect(result.requests).toBe(50)
    expect(result.errors.timeout).toBeGreaterThanOrEqual(4)
    expect(peer.connections).toBe(2)
  })

  test('a reply that ends before the request has ends the request', async () => {
    const resets: number[] = []
    await using peer = await framePeer((socket, { type, id, payload }) => {
      if (type === frameTypes.headers) socket.write(okReplyFrame(id))
      if (type === frameTypes.rstStream) resets.push(payload.readUInt32BE())
    })
    const result = await load(peer.url, { method: 'POST', body: 'x'.repeat(100_000), rate: 20, connections: 1 })
    expect(counted(result)).toEqual({ requests: 10, errors: {} })
    expect(new Set(resets)).toEqual(new Set([8]))
  })

  test('a server of HTTP/1.1 is recognised before any request is sent', async () => {
    await using server = await rawServer((socket) => socket.write(http1Reply))
    await expect(load(server.url, {})).rejects.toMatchObject({
      code: 'LOAD_FAILED',
      message: `${server.url} does not speak HTTP/2, which http2 needs: it answered "HTTP/1.1 200 OK"`,
    })
    expect(server.requests).toBe(1)
  })

  test('a refused connection fails each arrival as connect', async () => {
    const gone = await rawServer(() => {})
    await gone[Symbol.asyncDispose]()
    expect(counted(await load(gone.url, { rate: 100 }))).toEqual({ requests: 50, errors: { connect: 50 } })
  })

  test('bytes that are no HTTP/2 break the protocol of each attempt', async () => {
    await using peer = await framePeer(() => {}, Buffer.from('\0\0\0\x04\0\0\0\0\x01 and so on'))
    const result = await load(peer.url, {})
    expect(Object.keys(result.errors)).toEqual(['protocol'])
    expect(result.requests).toBe(result.errors.protocol)
  })
})
