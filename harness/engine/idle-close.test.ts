import { createServer } from 'node:http'
import http2 from 'node:http2'
import net, { type Server, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { loadHere, okReply, rawServer } from '../agent/testing.ts'
import { loadSchema } from '../load/input/index.ts'
import { listen } from './testing-listen.ts'

/** Calls `close` when nothing has come for so long. */
const closeIdle = (socket: Socket, idleMs: number, close: () => void) => socket.setTimeout(idleMs, close)

/** Servers that close what is idle as each protocol has it. */
const servers: Record<string, (idleMs: number) => Server> = {
  http: (idleMs) =>
    net.createServer((socket) => {
      closeIdle(socket, idleMs, () => socket.end())
      socket.on('data', () => socket.write(okReply))
    }),
  http2: (idleMs) => {
    const server = http2.createServer((_, response) => response.end('ok'))
    server.on('session', (session) => session.setTimeout(idleMs, () => session.close()))
    return server
  },
  websocket: (idleMs) => {
    const upgrades = new WebSocketServer({ noServer: true })
    return createServer().on('upgrade', (request, socket: Socket, head) =>
      upgrades.handleUpgrade(request, socket, head, (client) => {
        closeIdle(socket, idleMs, () => client.close(1001))
        client.on('message', (data, binary) => client.send(data, { binary }))
      }),
    )
  },
}

test.for(['http', 'http2', 'websocket'] as const)(
  '%s: a connection that was closed while idle is opened for the next request, and not before',
  { retry: 1 },
  async (protocol) => {
    const server = servers[protocol]?.(100) as Server
    let connections = 0
    server.on('connection', () => connections++)
    await using listening = await listen(server)
    const scheme = protocol === 'websocket' ? 'ws' : 'http'
    const shape = { protocol, rate: 2, duration: '2500ms', warmUp: '0s', connections: 1 }
    const result = await loadHere({ ...loadSchema.parse(shape), url: `${scheme}://127.0.0.1:${listening.port}/` })
    expect(result).toMatchObject({ requests: 5, errors: {}, validity: { valid: true } })
    // The first is there before the load. Over HTTP/2 the target was asked before that whether it speaks it.
    expect(connections).toBeLessThanOrEqual(5 + 1)
    expect(connections).toBeGreaterThan(1)
  },
)

test.for(['http', 'http2', 'websocket'] as const)(
  '%s: connections that are closed soon, as all that are idle, were had',
  { retry: 1 },
  async (protocol) => {
    const server = servers[protocol]?.(40) as Server
    await using listening = await listen(server)
    const scheme = protocol === 'websocket' ? 'ws' : 'http'
    const shape = { protocol, rate: { burst: 3, every: '100ms' }, duration: '1s', warmUp: '0s', connections: 8 }
    const result = await loadHere({ ...loadSchema.parse(shape), url: `${scheme}://127.0.0.1:${listening.port}/` })
    expect(result).toMatchObject({ errors: {}, keptConnections: { asked: 8, had: 8 }, validity: { valid: true } })
    expect(result.failedConnections).toBeUndefined()
  },
)

test('a close that crosses the next request is an error, and is told as such', async () => {
  await using server = await rawServer((socket, n) => (n % 2 === 0 ? socket.end() : socket.write(okReply)))
  const shape = { rate: 10, duration: '1s', warmUp: '0s', connections: 1 }
  const { errors, errorWords } = await loadHere({ ...loadSchema.parse(shape), url: server.url })
  expect(errors).toEqual({ closed: 5 })
  expect(errorWords?.closed).toBe(
    'the server closed the connection, as one more request was sent on a connection that it had kept',
  )
})
