import { createSecureServer, type IncomingHttpHeaders, type SecureServerOptions } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { runLoad } from '../../agent/process.ts'
import { loadHere as loadWithin, okReply, rawServer } from '../../agent/testing.ts'
import { testCredentials, tlsServer } from '../../agent/testing-tls.ts'
import { type LoadInput, loadSchema } from '../../load/input/index.ts'
import { withContents } from '../../load/tls.ts'
import { startEcho } from '../grpc/testing.ts'
import { listen } from '../testing-listen.ts'
import { counted } from './testing.ts'

const proto = 'syntax = "proto3"; package t; message M { bytes b = 1; } service S { rpc Call(M) returns (M); }'
const grpc = { protocol: 'grpc', grpc: { method: 't.S/Call', proto, streams: 4 } } as const

const specOf = (url: string, input: LoadInput) => ({
  ...loadSchema.parse({
    ...{ protocol: 'http2', duration: '500ms', warmUp: '0s', timeout: '2s', connections: 2, rate: 40 },
    ...input,
  }),
  url,
})
const load = (url: string, input: LoadInput = {}) => {
  const { tls, ...spec } = specOf(url, input)
  return loadWithin({ ...spec, ...(tls ? { tls: withContents(tls) } : {}) })
}

/** Answers what is asked over HTTP/2 with 200, calls of gRPC with status 0; counts handshakes. */
async function secureServer(options: SecureServerOptions) {
  const seen = { full: 0, resumed: 0, names: new Set<string>(), headers: {} as IncomingHttpHeaders }
  const server = createSecureServer(options)
  server.on('sessionError', () => {})
  server.on('tlsClientError', () => {})
  server.on('secureConnection', (socket: TLSSocket) => {
    seen[socket.isSessionReused() ? 'resumed' : 'full']++
    seen.names.add(String(socket.servername))
  })
  server.on('stream', (stream, headers) => {
    seen.headers = headers
    stream.on('error', () => {})
    stream.respond({ ':status': 200 }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    // An empty message of gRPC.
    stream.end(Buffer.alloc(5))
  })
  return {
    ...(await listen(server)),
    server,
    seen,
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
  }
}

const tested = testCredentials()

describe.concurrent.for([
  ['http2', {}],
  ['grpc', grpc],
] as const)('%s over TLS', { retry: 2 }, ([protocol, input]) => {
  const ours = () => ({ caFile: tested.authority.caFile })

  test('the server is checked against the given authority; handshakes are full', async () => {
    await using target = await secureServer(tested.server)
    const result = await load(target.url, { ...input, tls: ours() })
    expect(counted(result)).toEqual({ requests: 20, errors: {} })
    expect(result.handshakes).toEqual({ full: 2, resumed: 0 })
    expect(target.seen.headers[':scheme']).toBe('https')
    // One more found out whether it speaks HTTP/2.
    expect(target.seen).toMatchObject({ full: 3, resumed: 0 })
  })

  test.for([false, true])('resumption %s: a handshake for every request', async (resumption) => {
    await using target = await secureServer(tested.server)
    const streams = protocol === 'http2' ? { http2: { streams: 1 } } : { grpc: { ...grpc.grpc, streams: 1 } }
    const tls = { ...ours(), resumption }
    const result = await load(target.url, { ...input, ...streams, keepAlive: false, connections: 1, tls })
    expect(counted(result)).toEqual({ requests: 20, errors: {} })
    expect(result.handshakes).toEqual(resumption ? { full: 1, resumed: 19 } : { full: 20, resumed: 0 })
    expect(target.seen).toMatchObject(resumption ? { full: 2, resumed: 19 } : { full: 21, resumed: 0 })
  })

  test.for(['TLSv1.2', 'TLSv1.3'] as const)('mTLS with %s: the client shows its certificate', async (version) => {
    const wanted = { ca: tested.authority.ca, requestCert: true, rejectUnauthorized: true }
    await using target = await secureServer({ ...tested.server, ...wanted, minVersion: version, maxVersion: version })
    const { certFile, keyFile } = tested.client
    const shown = await load(target.url, { ...input, tls: { ...ours(), certFile, keyFile } })
    expect(counted(shown)).toEqual({ requests: 20, errors: {} })
    const refused = await load(target.url, { ...input, tls: ours() })
    expect(refused).toMatchObject({ requests: 20, latency: { count: 0 } })
    expect(refused.errors.tls).toBeGreaterThan(0)
    expect(Object.keys(refused.errors).filter((kind) => !['tls', 'unsent'].includes(kind))).toEqual([])
    expect(refused.validity.reasons[0]?.text).toMatch(
      /nothing was answered; .*(certificate required|handshake failure)/,
    )
  })

  test('a name of its own is asked for and checked', async () => {
    await using target = await secureServer(await tested.authority.issue({ names: ['echo.example'] }))
    const result = await load(target.url, { ...input, tls: { ...ours(), serverName: 'echo.example' } })
    expect(counted(result)).toEqual({ requests: 20, errors: {} })
    expect([...target.seen.names]).toEqual(['echo.example'])
  })

  test.for([
    ['an expired certificate', { expired: true }, {}, 'certificate has expired'],
    ['a certificate for another name', { names: ['other.example'] }, {}, "does not match certificate's altnames"],
    ['an unknown authority', {}, { caFile: undefined }, 'unable to verify the first certificate'],
  ] as const)('%s is refused, as tls and in its words; unverified it is accepted', async ([, issue, files, words]) => {
    await using target = await secureServer(await tested.authority.issue(issue))
    const tls = { ...ours(), ...files }
    const refused = await load(target.url, { ...input, tls })
    expect(refused).toMatchObject({ requests: 20, errors: { tls: 20 }, latency: { count: 0 } })
    expect(refused.validity.reasons[0]?.text).toContain('nothing was answered; tls ')
    expect(refused.validity.reasons[0]?.text).toContain(words)
    const accepted = await load(target.url, { ...input, tls: { ...tls, verify: false } })
    expect(counted(accepted)).toEqual({ requests: 20, errors: {} })
  })

  test('a server that speaks TLS and not HTTP/2 is recognised', async () => {
    const reason = (of: string) => `does not speak HTTP/2, which ${protocol} needs: ${of}`
    await using without = await tlsServer(tested.server)
    await expect(load(without.url, { ...input, tls: ours() })).rejects.toThrow(
      reason('TLS without h2: the server chose no protocol (ALPN)'),
    )
    const https = createHttpsServer(tested.server, (_, response) => response.end('ok'))
    https.on('tlsClientError', () => {})
    await using refusing = await listen(https)
    await expect(load(`https://127.0.0.1:${refusing.port}/`, { ...input, tls: ours() })).rejects.toThrow(
      reason('TLS without h2: the server refused it (ALPN)'),
    )
  })

  test('so is one without TLS, silent or not, and one that is not there', async () => {
    await using silent = await rawServer(() => {})
    await using answering = await listen(createServer((socket) => socket.on('data', () => socket.end(okReply))))
    const url = (port: number) => `https://127.0.0.1:${port}/`
    const unheard = await load(url(silent.port), { ...input, timeout: '200ms' })
    expect(unheard).toMatchObject({ latency: { count: 0 }, errors: { connect: expect.any(Number) } })
    const plain = await load(url(answering.port), input)
    expect(plain).toMatchObject({ errors: { tls: 20 } })
    expect(plain.validity.reasons[0]?.text).toContain('(wrong version number)')
    await silent[Symbol.asyncDispose]()
    const closed = await load(url(silent.port), input)
    expect(closed).toMatchObject({ errors: { connect: 20 } })
    expect(closed.validity.reasons[0]?.text).toContain('ECONNREFUSED')
  })

  test('a server that speaks HTTP/2 on its first connection alone is refused from then on', async () => {
    await using speaking = await secureServer(tested.server)
    await using without = await tlsServer(tested.server)
    let connections = 0
    const front = createServer((socket) => {
      const { server: behind } = connections++ === 0 ? speaking : without
      behind.emit('connection', socket)
    })
    await using listening = await listen(front)
    const result = await load(`https://127.0.0.1:${listening.port}/`, { ...input, tls: ours() })
    expect(counted(result)).toEqual({ requests: 20, errors: { tls: 20 } })
    expect(result.validity.reasons[0]?.text).toContain('TLS without h2: the server chose no protocol')
  })
})

test('a call is described by reflection over TLS, with the same settings', async () => {
  await using echo = await startEcho()
  const wanted = { ca: tested.authority.ca, requestCert: true, ALPNProtocols: ['h2'] }
  const front = createTlsServer(
    { ...(await tested.authority.issue({ names: ['echo.example'] })), ...wanted },
    (socket) => {
      const behind = connect(Number(new URL(echo.url).port), '127.0.0.1')
      socket.pipe(behind).pipe(socket)
      behind.on('error', () => {})
      socket.on('error', () => {})
    },
  )
  front.on('tlsClientError', () => {})
  await using listening = await listen(front)
  const url = `https://127.0.0.1:${listening.port}/`
  const call = { protocol: 'grpc', grpc: { method: 'meshmark.Echo/Unary', message: { size: 100 } } } as const
  const { certFile, keyFile } = tested.client
  const tls = { caFile: tested.authority.caFile, serverName: 'echo.example', certFile, keyFile }
  expect(counted(await load(url, { ...call, tls }))).toEqual({ requests: 20, errors: {} })
  const { serverName: _, ...nameless } = tls
  await expect(load(url, { ...call, tls: nameless })).rejects.toThrow(
    /grpc meshmark.Echo\/Unary: .*does not match certificate's altnames/,
  )
  await expect(load(echo.url.replace('http:', 'https:'), call)).rejects.toThrow(
    'grpc meshmark.Echo/Unary: wrong version number',
  )
})

test('the agent has the files that it needs, on each of its threads', async () => {
  const wanted = { ca: tested.authority.ca, requestCert: true, rejectUnauthorized: true }
  await using target = await secureServer({ ...tested.server, ...wanted })
  const { certFile, keyFile } = tested.client
  const tls = { caFile: tested.authority.caFile, certFile, keyFile }
  const result = await runLoad(specOf(target.url, { tls, threads: 2 }))
  expect(result).toMatchObject({ requests: 20, errors: {}, handshakes: { full: 2, resumed: 0 } })
})
