import { describe, expect, test } from 'vitest'
import { okReply as http1Reply, rawServer } from '../../agent/testing.ts'
import { ack, endHeaders, endStream, frame, settings, settingsPayload, types, word } from './frames.ts'
import { counted, framePeer, loadStreams as load, okReply } from './testing.ts'

test('headers are sent once on a connection, from then on their places in the table', async () => {
  const sizes: number[] = []
  await using peer = await framePeer((socket, { type, id, payload }) => {
    if (type !== types.headers) return
    sizes.push(payload.length)
    socket.write(okReply(id))
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
    'one byte of status': (id) => [okReply(id)],
    'a literal status': (id) => [
      frame(types.headers, endHeaders | endStream, id, Buffer.from('\x08\x03204', 'latin1')),
    ],
    'a status spelled out in Huffman code': (id) => [
      frame(types.headers, endHeaders | endStream, id, Buffer.from('0085b8848d36a3821001', 'hex')),
    ],
    'a change of table size': (id) => [frame(types.headers, endHeaders | endStream, id, Buffer.of(0x20, 0x88))],
    'padding, priority and an unknown frame': (id) => [
      frame(types.headers, endHeaders | 8 | 32, id, padding(Buffer.concat([Buffer.alloc(5), status204]))),
      frame(0xee, 0xff, id, Buffer.from('what')),
      frame(types.data, endStream | 8, id, padding(Buffer.from('data'))),
    ],
    continuation: (id) => [
      frame(types.headers, endStream, id),
      frame(types.continuation, 0, id, Buffer.of(0x08)),
      frame(types.continuation, endHeaders, id, Buffer.from('\x03200')),
    ],
    'interim replies and trailers': (id) => [
      frame(types.headers, endHeaders, id, Buffer.from('\x08\x03103')),
      frame(types.headers, endHeaders, id, Buffer.of(0x88)),
      frame(types.data, 0, id, Buffer.from('body')),
      frame(types.headers, endHeaders | endStream, id, Buffer.from('\x00\x01a\x01b')),
    ],
    'settings and a ping in between': (id) => [
      frame(types.headers, endHeaders, id, Buffer.of(0x88)),
      frame(types.settings, 0, 0, settingsPayload([[settings.maxConcurrentStreams, 100]])),
      frame(types.ping, 0, 0, Buffer.from('12345678')),
      frame(types.data, endStream, id),
    ],
  }
  test.for(Object.entries(pieces))('%s, whole and split at every byte', async ([, of]) => {
    const pings: string[] = []
    let at = 0
    await using peer = await framePeer((socket, { type, flags, id, payload }) => {
      if (type === types.ping && flags === ack) pings.push(payload.toString())
      if (type !== types.headers) return
      const reply = Buffer.concat(of(id))
      at = (at + 1) % reply.length
      socket.setNoDelay(true)
      socket.write(reply.subarray(0, at))
      setTimeout(() => socket.write(reply.subarray(at)), 2)
    })
    const result = await load(peer.url, { rate: 200, connections: 1 }, 1)
    expect(counted(result)).toEqual({ requests: 100, errors: {} })
    const asked = of(1).some((one) => one[3] === types.ping)
    expect(new Set(pings)).toEqual(new Set(asked ? ['12345678'] : []))
  })

  test('GOAWAY: what is above its last stream is closed, the rest is answered, the connection replaced', async () => {
    await using peer = await framePeer((socket, { type, id }, n) => {
      if (type !== types.headers) return
      if (n > 1 || id < 9) socket.write(okReply(id))
      else if (id === 15)
        socket.write(
          Buffer.concat([frame(types.goAway, 0, 0, Buffer.concat([word(11), word(0)])), okReply(9), okReply(11)]),
        )
    })
    const result = await load(peer.url, { rate: 400, connections: 1 })
    expect(counted(result)).toEqual({ requests: 200, errors: { closed: 2 } })
    expect(peer.connections).toBe(2)
  })

  test('a connection that is silent past the timeout is replaced', async () => {
    await using peer = await framePeer((socket, { type, id }, n) => {
      if (type === types.headers && (n > 1 || id < 9)) socket.write(okReply(id))
    })
    const result = await load(peer.url, { rate: 100, connections: 1, timeout: '100ms' })
    expect(result.requests).toBe(50)
    expect(result.errors.timeout).toBeGreaterThanOrEqual(4)
    expect(peer.connections).toBe(2)
  })

  test('a reply that ends before the request has ends the request', async () => {
    const resets: number[] = []
    await using peer = await framePeer((socket, { type, id, payload }) => {
      if (type === types.headers) socket.write(okReply(id))
      if (type === types.rstStream) resets.push(payload.readUInt32BE())
    })
    const result = await load(peer.url, { method: 'POST', body: 'x'.repeat(100_000), rate: 20, connections: 1 })
    expect(counted(result)).toEqual({ requests: 10, errors: {} })
    expect(new Set(resets)).toEqual(new Set([8]))
  })

  test('a server of HTTP/1.1 is told from one of HTTP/2 before anything is sent', async () => {
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
