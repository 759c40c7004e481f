import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import type { LoadResult } from '../../reports/load-result.ts'
import { loadHere, loadOn, okReply, rawServer } from '../agent/testing.ts'
import { type LoadInput, loadSchema } from '../load/input/index.ts'
import { endStream, frame, frameTypes } from './http2/frames.ts'
import { framePeer, loadStreams, okReplyFrame } from './http2/testing.ts'
import { type Listening, listen } from './testing-listen.ts'

const delayMs = 40
const later = (act: () => void, ms = delayMs) => setTimeout(act, ms)
const load = (url: string, input: LoadInput = {}) =>
  loadHere({ ...loadSchema.parse({ duration: '800ms', warmUp: '0s', connections: 2, ...input }), url })
const codes = ({ validity }: LoadResult) => validity.reasons.map(({ code }) => code)

/** Both replies of a server that answers twice, as the network may bring them. */
const twice: Record<string, (socket: Socket) => void> = {
  'in one piece': (socket) => socket.write(`${okReply}${okReply}`),
  'one right behind the other': (socket) => {
    socket.write(okReply)
    setImmediate(() => socket.write(okReply))
  },
  'one when it is free, or has its next request': (socket) => {
    socket.write(okReply)
    later(() => socket.write(okReply), 10)
  },
}

describe.concurrent('over HTTP/1.1 a server that answers twice', { retry: 2 }, () => {
  test.for(
    Object.entries(twice).flatMap(([how, answer]) => [
      { how, answer, loop: 'closed', shape: {} },
      { how, answer, loop: 'open', shape: { rate: 40 } },
      { how, answer, loop: 'closed, replaced', shape: { requestsPerConnection: 3 } },
    ]),
  )('$how makes a load invalid: $loop', async ({ answer, shape }) => {
    await using server = await rawServer((socket) => later(() => answer(socket)))
    const result = await load(server.url, shape)
    expect(result.surplus?.replies).toBeGreaterThan(0)
    expect(codes(result)).toContain('surplus_replies')
  })

  test('in a load of an agent, too', async () => {
    await using server = await rawServer((socket) => later(() => twice['one right behind the other']?.(socket)))
    const result = await loadOn(server.url, { threads: 2 })
    expect(result.surplus?.replies).toBeGreaterThan(0)
    expect(codes(result)).toContain('surplus_replies')
    // What the load waits for at its end is no part of it.
    expect(result.timeline.at(-1)?.atMs).toBeLessThan(1000 + 2 * delayMs + 50)
  })

  test('once in a while is told', async () => {
    await using server = await rawServer((socket, n) => {
      socket.write(okReply)
      if (n === 100) later(() => socket.write(okReply), 2)
    })
    const result = await load(server.url, { rate: 200, connections: 100, duration: '1s' })
    expect(result).toMatchObject({ requests: 200, errors: {}, surplus: { replies: 1 }, validity: { valid: true } })
  })
})

test('the 408 of a server that closes what is idle is no surplus', async () => {
  await using server = await rawServer((socket) => {
    socket.write(okReply)
    later(() => socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n'), 20)
  })
  const result = await load(server.url, { rate: 10, connections: 1 })
  expect(result).toMatchObject({ requests: 8, errors: {}, validity: { valid: true } })
  expect(result.surplus).toBeUndefined()
})

test('over HTTP/2 a frame for a stream that has ended is told', async () => {
  await using peer = await framePeer((socket, { type, id }) => {
    if (type === frameTypes.headers)
      socket.write(Buffer.concat([okReplyFrame(id), frame(frameTypes.data, endStream, id, Buffer.from('again'))]))
  })
  const result = await loadStreams(peer.url, { rate: 40 })
  expect(result).toMatchObject({ requests: 20, errors: {}, surplus: { replies: 20, doubtful: 20 } })
  expect(codes(result)).toEqual(['surplus_replies'])
})

test('over HTTP/2 a reply that comes when its request was given up is none', async () => {
  await using peer = await framePeer((socket, { type, id }) => {
    if (type === frameTypes.headers) later(() => socket.write(okReplyFrame(id)), id === 1 ? 300 : 1)
  })
  const result = await loadStreams(peer.url, { rate: 40, timeout: '150ms', connections: 1 })
  expect(result.errors).toEqual({ timeout: 1 })
  expect(result.surplus).toBeUndefined()
})

/** Each message comes back so many times, the first after 40 ms and the others as `gapMs` says. */
async function echoes(times: number, gapMs: number): Promise<Listening> {
  const sockets = new WebSocketServer({ noServer: true })
  const server = createServer().on('upgrade', (request, socket: Socket, head) =>
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('message', (data, binary) => {
        for (let n = 0; n < times; n++) later(() => client.send(data, { binary }), delayMs + n * gapMs)
      })
    }),
  )
  return listen(server)
}

describe.concurrent('over WebSocket', { retry: 2 }, () => {
  const webSocket = (port: number, input: LoadInput) =>
    load(`ws://127.0.0.1:${port}/`, { protocol: 'websocket', ...input })

  test.for([0, 1, 15])('a message that comes back twice, after %i ms, is no echo of the next one', async (gapMs) => {
    await using server = await echoes(2, gapMs)
    const result = await webSocket(server.port, {})
    expect(result.latency.p50Us).toBeGreaterThan((delayMs - 2) * 1000)
    expect(result.surplus?.replies).toBeGreaterThanOrEqual(result.requests - 4)
    expect(codes(result)).toEqual(['surplus_replies'])
  })

  test.for([0, 1, 15])(
    'a text that is always the same and comes back twice, after %i ms, is noticed',
    async (gapMs) => {
      await using server = await echoes(2, gapMs)
      for (const shape of [{}, { rate: 20 }])
        expect(codes(await webSocket(server.port, { websocket: { message: 'hi' }, ...shape }))).toContain(
          'surplus_replies',
        )
    },
  )

  test('one echo for each message is none too many', async () => {
    await using server = await echoes(1, 0)
    for (const websocket of [{}, { message: 'hi' }, { messageBytes: 0 }, { messageBytes: 20_000 }]) {
      const result = await webSocket(server.port, { websocket })
      expect(result).toMatchObject({ errors: {}, validity: { valid: true } })
      expect(result.surplus).toBeUndefined()
    }
  })
})
