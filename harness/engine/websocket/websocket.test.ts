import { once } from 'node:events'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { loadResultSchema } from '../../../reports/load-result.ts'
import { runLoad } from '../../agent/process.ts'
import { loadHere, rawServer } from '../../agent/testing.ts'
import { testAuthority } from '../../agent/testing-tls.ts'
import { parseConfig } from '../../config.ts'
import { type LoadInput, loadSchema } from '../../load/input/index.ts'
import { withContents } from '../../load/tls.ts'
import { acceptOf } from './upgrade.ts'

const specOf = (url: string, input: LoadInput) => {
  const shape = {
    protocol: 'websocket',
    duration: '500ms',
    warmUp: '0s',
    timeout: '2s',
    connections: 2,
    rate: 40,
  } as const
  const parsed = parseConfig(loadSchema, { ...shape, ...input }, 'load')
  return { ...parsed, url: url.replace(/^http/, 'ws') }
}
const load = (url: string, input: LoadInput = {}) => {
  const { tls, ...spec } = specOf(url, input)
  return loadHere({ ...spec, ...(tls ? { tls: withContents(tls) } : {}) })
}

/** The ws library's server, on loopback. */
async function wsServer(serve: (socket: WebSocket) => void, options: ServerOptions = { port: 0, host: '127.0.0.1' }) {
  const server = new WebSocketServer(options)
  const seen = { connections: 0, messages: [] as { data: string; binary: boolean }[], pings: 0, closes: [] as number[] }
  server.on('connection', (socket) => {
    seen.connections++
    socket.on('message', (data, binary) => seen.messages.push({ data: `${data}`, binary }))
    socket.on('ping', () => seen.pings++)
    socket.on('close', (code) => seen.closes.push(code))
    socket.on('error', () => {})
    serve(socket)
  })
  if (!options.server) await once(server, 'listening')
  const { port } = (options.server ?? server).address() as AddressInfo
  return {
    seen,
    url: `ws://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate()
      server.close()
      options.server?.close()
      await once(options.server ?? server, 'close')
    },
  }
}

const echo = (socket: WebSocket) => socket.on('message', (data, binary) => socket.send(data, { binary }))

const keyOf = (request: string) => /sec-websocket-key: (.*)\r\n/i.exec(request)?.[1] ?? ''
const accepted = (request: string, accept = acceptOf(keyOf(request))) =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`

/** Accepts the upgrade, and answers each message of `hi` with what `answer` writes. */
const raw = (answer: (socket: Socket, n: number) => void) => {
  let n = 0
  return rawServer((socket, _, request) => {
    socket.write(accepted(request))
    socket.removeAllListeners('data')
    socket.on('data', () => answer(socket, ++n))
  })
}
const hi = { message: 'hi' }
const hiFrame = Buffer.from([0x81, 2, 0x68, 0x69])

describe.concurrent('a load of WebSocket messages', { retry: 2 }, () => {
  test('sends a message and awaits its echo; connections are kept and then closed', async () => {
    await using server = await wsServer(echo)
    const spec = specOf(server.url, { websocket: { message: 'grüße' }, path: '/chat' })
    const result = loadResultSchema.parse(await runLoad(spec))
    expect(result).toMatchObject({ requests: 20, errors: {}, validity: { valid: true } })
    expect(result.latency.count).toBe(20)
    expect(server.seen.connections).toBe(2)
    expect(server.seen.messages).toEqual(Array.from({ length: 20 }, () => ({ data: 'grüße', binary: false })))
  })

  test.for([0, 125, 126, 70_000])('%i bytes are sent as binary', async (messageBytes) => {
    await using server = await wsServer(echo)
    const result = await load(server.url, { websocket: { messageBytes } })
    expect(result).toMatchObject({ requests: 20, errors: {} })
    expect(new Set(server.seen.messages.map(({ data, binary }) => `${binary} ${data.length}`))).toEqual(
      new Set([`true ${messageBytes}`]),
    )
  })

  test('pings are answered with pongs', async () => {
    await using server = await wsServer(() => {})
    const result = await load(server.url, { websocket: { mode: 'ping' } })
    expect(result).toMatchObject({ requests: 20, errors: {} })
    expect(server.seen).toMatchObject({ pings: 20, messages: [] })
  })

  test('each request is a connection, where these are asked for', async () => {
    await using server = await wsServer(() => {})
    const result = await load(server.url, { websocket: { mode: 'connect' } })
    expect(result).toMatchObject({ requests: 20, errors: {} })
    expect(server.seen.connections).toBe(20)
    await expect.poll(() => server.seen.closes.filter((code) => code === 1000).length).toBeGreaterThanOrEqual(18)
  })

  test('without keepAlive each message has a connection of its own', async () => {
    await using server = await wsServer(echo)
    const result = await load(server.url, { keepAlive: false })
    expect(result).toMatchObject({ requests: 20, errors: {}, connections: 20 })
    expect(server.seen).toMatchObject({ connections: 20, messages: { length: 20 } })
  })

  test('over TLS', async () => {
    using authority = await testAuthority()
    const https = createSecureServer(await authority.issue()).listen(0, '127.0.0.1')
    await once(https, 'listening')
    await using server = await wsServer(echo, { server: https })
    const result = await load(server.url.replace('ws:', 'wss:'), { tls: { caFile: authority.caFile } })
    expect(result).toMatchObject({ requests: 20, errors: {}, handshakes: { full: 2 } })
  })

  test('answers pings while it waits', async () => {
    const pongs: number[] = []
    await using server = await wsServer((socket) => {
      socket.on('pong', () => pongs.push(1))
      socket.on('message', (data, binary) => {
        socket.ping('still there')
        socket.send(`${data}`.slice(0, 10), { binary, fin: false })
        socket.send(`${data}`.slice(10), { binary, fin: true })
      })
    })
    expect(await load(server.url)).toMatchObject({ requests: 20, errors: {} })
    await expect.poll(() => pongs.length).toBeGreaterThanOrEqual(18)
  })

  test('replies may come byte by byte', async () => {
    await using server = await raw(async (socket) => {
      for (const byte of hiFrame) {
        socket.write(Buffer.from([byte]))
        await new Promise(setImmediate)
      }
    })
    expect(await load(server.url, { websocket: hi })).toMatchObject({ requests: 20, errors: {} })
  })

  const folded = (request: string) =>
    accepted(request).replace('Connection: Upgrade', 'Connection: keep-alive,\r\n\tUpgrade')
  const upgrades: Record<string, (request: string) => string> = {
    'Connection on two lines': (request) =>
      accepted(request).replace('Upgrade\r\n', 'upgrade\r\nConnection: keep-alive\r\n'),
    'a folded line': folded,
    'interim replies first': (request) =>
      `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100\r\n\r\n${accepted(request)}`,
    'bare line feeds': (request) => accepted(request).replaceAll('\r\n', '\n'),
    'a head of 100 kB': (request) => accepted(request).replace('Upgrade:', `X: ${'x'.repeat(100_000)}\r\nUpgrade:`),
    'a greeting in the same segment': (request) => `${accepted(request)}\x81\x05hello`,
    'a greeting and a ping in the same segment': (request) => `${accepted(request)}\x81\x02hi\x89\x01?\x81\x05he`,
  }
  test.for(Object.entries(upgrades))('an upgrade is accepted with %s', async ([name, reply]) => {
    await using server = await rawServer((socket, _, request) => {
      socket.write(reply(request), 'latin1')
      socket.removeAllListeners('data')
      const rest = name.endsWith('ping in the same segment') ? 'llo' : ''
      let n = 0
      socket.on('data', (data) => {
        // Of a pong nothing comes back.
        if (data[0] !== 0x8a) socket.write(Buffer.concat([Buffer.from(n++ === 0 ? rest : ''), hiFrame]))
      })
    })
    expect(await load(server.url, { websocket: hi })).toMatchObject({ requests: 20, errors: {} })
    expect(server.connections).toBe(2)
  })

  test('a close that comes with the upgrade is counted', async () => {
    await using server = await rawServer((socket, _, request) => socket.write(`${accepted(request)}\x88\x00`, 'latin1'))
    const { requests, errors } = await load(server.url, { websocket: hi, timeout: '300ms' })
    expect(Object.values(errors).reduce((sum, n) => sum + n, 0)).toBe(requests)
  })

  test('a close in place of an echo is counted, and the connection replaced', async () => {
    await using server = await raw((socket, n) => socket.write(n === 5 ? Buffer.from([0x88, 0]) : hiFrame))
    expect(await load(server.url, { websocket: hi })).toMatchObject({ requests: 20, errors: { closed: 1 } })
    expect(server.connections).toBe(3)
  })

  test('another message, or no frame at all, is a protocol error', async () => {
    await using server = await raw((socket, n) =>
      socket.write(n === 3 ? Buffer.from([0x81, 1, 0x68]) : n === 9 ? 'HTTP/1.1 200 OK\r\n' : hiFrame),
    )
    expect(await load(server.url, { websocket: hi })).toMatchObject({ requests: 20, errors: { protocol: 2 } })
  })

  test.for<[string, string, (request: string) => string, string]>([
    [
      'a wrong accept',
      'protocol',
      (request) => accepted(request, 'c3VyZWx5IG5vdCB0aGlz'),
      'sec-websocket-accept: c3Vy',
    ],
    ['no upgrade', 'protocol', () => 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', '"HTTP/1.1 200 OK"'],
    ['404', 'http_4xx', () => 'HTTP/1.1 404 Not Found\r\n\r\n', '404 Not Found'],
    ['503', 'http_5xx', () => 'HTTP/1.1 503 Unavailable\r\n\r\n', '503 Unavailable'],
    [
      'a head of 300 kB',
      'protocol',
      (request) => accepted(request).replace('Upgrade:', `X: ${'x'.repeat(300_000)}\r\nUpgrade:`),
      'a head of more than 262144 bytes',
    ],
    ['something else', 'protocol', () => 'SSH-2.0-OpenSSH_9.2\r\n', 'no reply of HTTP/1.1'],
  ])('%s fails the upgrade, as %s', async ([, kind, answer, words]) => {
    await using server = await rawServer((socket, _, request) => socket.write(answer(request)))
    const kept = await load(server.url)
    expect(kept).toMatchObject({ requests: 20, errors: { [kind]: 20 }, latency: { count: 0 } })
    expect(kept.validity.reasons[0]?.text).toContain(words)
    const anew = await load(server.url, { websocket: { mode: 'connect' } })
    expect(anew).toMatchObject({ requests: 20, errors: { [kind]: 20 }, latency: { count: 20 } })
  })
})

test('what does not go together is named', () => {
  const wrong = (input: LoadInput) => () => parseConfig(loadSchema, input, 'load')
  expect(wrong({ websocket: {} })).toThrow(/websocket: received {.*}; none, where the protocol is http/)
  expect(wrong({ protocol: 'websocket', method: 'POST', body: 'x' })).toThrow(
    /method: received "POST".*body: received "x"/s,
  )
  const wrongFields = (websocket: LoadInput['websocket']) => wrong({ protocol: 'websocket', websocket })
  expect(wrongFields({ message: 'x', messageBytes: 1 })).toThrow(
    'websocket.messageBytes: received 1; none, where the message',
  )
  expect(wrongFields({ mode: 'ping', messageBytes: 126 })).toThrow('at most 125 bytes in a ping')
  expect(wrongFields({ mode: 'connect', message: 'x' })).toThrow('none, where only connections are made')
})
