import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agentInput, readAgentInput } from '../../agent/input.ts'
import { okReply, rawServer } from '../../agent/testing.ts'
import { type LoadInput, loadSchema } from '../../load/input/index.ts'
import { recordedLoad } from '../../load/plan.ts'
import { wrongLoad } from '../../load/testing.ts'
import { endHeaders, endStream, frame, frameTypes } from '../http2/frames.ts'
import { encodeHeaders } from '../http2/hpack.ts'
import { counted, framePeer, loadOverHttp2 } from '../http2/testing.ts'
import { type EchoServer, startEcho } from './testing.ts'

type CallInput = NonNullable<LoadInput['grpc']>
const load = (url: string, grpc: CallInput, input: LoadInput = {}) =>
  loadOverHttp2(url, { protocol: 'grpc', grpc: { streams: 4, ...grpc }, rate: 100, ...input })

const proto = `syntax = "proto3";
package meshmark;
message Request { bytes body = 1; uint32 count = 2; uint32 size = 3; uint32 delay_ms = 4; }
message Reply { bytes body = 1; uint32 messages = 2; }
service Echo { rpc Unary(Request) returns (Reply); rpc BidiStream(stream Request) returns (stream Reply); }
`
const unary = 'meshmark.Echo/Unary'

describe.concurrent('calls of grpc-echo', { retry: 1 }, () => {
  /** For tests that do not count its calls. */
  let shared: EchoServer
  beforeAll(async () => {
    shared = await startEcho()
  })
  afterAll(() => shared[Symbol.asyncDispose]())

  test.for([
    ['reflection', { message: { body: 'aGk=' } }],
    ['a .proto', { proto, message: { delayMs: 1 } }],
    ['raw bytes', { bytes: 'CgJoaQ==', kind: 'unary' }],
  ] as const)('unary, described by %s', async ([, call]) => {
    await using echo = await startEcho()
    const result = await load(echo.url, { method: unary, ...call })
    expect(counted(result)).toEqual({ requests: 50, errors: {} })
    expect(result.firstMessage).toBeUndefined()
    expect(await echo.calls()).toBe(50)
  })

  test('a server stream is counted by message, and its first one timed', async () => {
    const message = { count: 5, size: 20_000, delay_ms: 5 }
    const result = await load(shared.url, { method: 'meshmark.Echo/ServerStream', message })
    expect(counted(result)).toEqual({ requests: 50, errors: {} })
    expect(result).toMatchObject({ messages: 250, firstMessage: { count: 50 } })
    expect(result.firstMessage?.p50Us).toBeLessThan((result.latency.p50Us ?? 0) - 10_000)
  })

  test('a client stream sends all of its messages', async () => {
    const message = { body: Buffer.alloc(30_000).toString('base64') }
    const result = await load(shared.url, { method: 'meshmark.Echo/ClientStream', message, messages: 10 }, { rate: 40 })
    expect(counted(result)).toEqual({ requests: 20, errors: {} })
  })

  test('a bidi stream sends the next message when one has come back', async () => {
    const result = await load(shared.url, { method: 'meshmark.Echo/BidiStream', proto, messages: 10 })
    expect(counted(result)).toEqual({ requests: 50, errors: {} })
    expect(result).toMatchObject({ messages: 500, firstMessage: { count: 50 } })
  })

  test('what a call ends with is counted by its name', async () => {
    await using echo = await startEcho({ ERROR_SHARE: '0.2', DELAY_MS: '5' })
    const result = await load(echo.url, { method: unary, proto })
    expect(counted(result)).toEqual({ requests: 50, errors: { grpc_unavailable: 10 } })
    expect(result.errorWords).toEqual({ grpc_unavailable: 'grpc-status 14: unavailable as asked' })
    const message = { delay_ms: 200 }
    const late = await load(echo.url, { method: unary, proto, message, deadline: '50ms' }, { rate: 20 })
    expect(counted(late)).toEqual({ requests: 10, errors: { grpc_deadline_exceeded: 10 } })
    const bytes = await load(echo.url, { method: 'meshmark.Echo/Nope', bytes: '', kind: 'unary' })
    expect(counted(bytes)).toEqual({ requests: 50, errors: { grpc_unimplemented: 50 } })
  })

  test('what a server does not have is reported before anything starts', async () => {
    await using echo = await startEcho()
    await expect(load(echo.url, { method: 'meshmark.Echo/Nope' })).rejects.toThrow(
      'grpc meshmark.Echo/Nope: no such method; one of: meshmark.Echo/Unary, meshmark.Echo/ServerStream',
    )
    await expect(load(echo.url, { method: 'a.B/C' })).rejects.toThrow('it has no service a.B; one of: meshmark.Echo,')
    await expect(load(echo.url, { method: unary, message: { count: -1 } })).rejects.toThrow(
      'count: a whole number, uint32',
    )
    expect(await echo.calls()).toBe(0)
  })
})

test('a server of HTTP/1.1 is recognised before any call is sent', async () => {
  await using server = await rawServer((socket) => socket.write(okReply))
  await expect(load(server.url, { method: unary, proto })).rejects.toThrow(
    'does not speak HTTP/2, which grpc needs: it answered "HTTP/1.1 200 OK"',
  )
})

describe.concurrent('replies', { retry: 1 }, () => {
  const headers = (id: number, last: boolean, fields: [string, string][]) =>
    frame(frameTypes.headers, endHeaders | (last ? endStream : 0), id, encodeHeaders(fields))
  const ok: [string, string] = [':status', '200']
  const data = (id: number, bytes: number[]) => frame(frameTypes.data, 0, id, Buffer.from(bytes))
  const message = (id: number) => data(id, [0, 0, 0, 0, 0])
  const good = (id: number) => headers(id, true, [['grpc-status', '0']])
  const replies: Record<string, [(id: number) => Buffer[], Record<string, number>]> = {
    'a status in Huffman code': [
      (id) => [
        headers(id, false, [ok]),
        message(id),
        frame(frameTypes.headers, endHeaders | endStream, id, Buffer.from('40889acac8b21234da8f8107', 'hex')),
      ],
      {},
    ],
    'a message in pieces': [
      (id) => [headers(id, false, [ok]), data(id, [0, 0, 0]), data(id, [0, 3, 1]), data(id, [2, 3]), good(id)],
      {},
    ],
    'a good status without a message': [(id) => [headers(id, false, [ok]), good(id)], { protocol: 50 }],
    'a good status in the only headers': [(id) => [headers(id, true, [ok, ['grpc-status', '0']])], { protocol: 50 }],
    'two messages': [(id) => [headers(id, false, [ok]), message(id), message(id), good(id)], { protocol: 50 }],
    'a message that ends early': [
      (id) => [headers(id, false, [ok]), data(id, [0, 0, 0, 0, 9, 1]), good(id)],
      { protocol: 50 },
    ],
    'a compressed message that nobody asked for': [
      (id) => [headers(id, false, [ok]), data(id, [1, 0, 0, 0, 1, 7]), good(id)],
      { protocol: 50 },
    ],
    'a bad status without a message': [
      (id) => [headers(id, false, [ok]), data(id, [0, 0]), headers(id, true, [['grpc-status', '8']])],
      { grpc_resource_exhausted: 50 },
    ],
    'an error of HTTP with a page': [
      (id) => [headers(id, false, [[':status', '404']]), frame(frameTypes.data, endStream, id, Buffer.from('<html>'))],
      { http_4xx: 50 },
    ],
    'trailers without a message': [
      (id) => [headers(id, false, [ok]), headers(id, true, [['grpc-status', '14']])],
      { grpc_unavailable: 50 },
    ],
    'a status that is not known': [(id) => [headers(id, true, [ok, ['grpc-status', '99']])], { grpc_unknown: 50 }],
    'a status that is no number': [(id) => [headers(id, true, [ok, ['grpc-status', 'fine']])], { grpc_unknown: 50 }],
    'no status of gRPC': [(id) => [headers(id, true, [ok])], { protocol: 50 }],
    'a page of HTML': [
      (id) => [headers(id, false, [ok]), frame(frameTypes.data, endStream, id, Buffer.from('<html>'))],
      { protocol: 50 },
    ],
    'an error of HTTP': [(id) => [headers(id, true, [[':status', '503']])], { http_5xx: 50 }],
    'a reset': [(id) => [frame(frameTypes.rstStream, 0, id, Buffer.alloc(4))], { reset: 50 }],
  }
  test.for(Object.entries(replies))('%s', async ([, [of, errors]]) => {
    await using peer = await framePeer((socket, { type, id }) => {
      if (type === frameTypes.headers) socket.write(Buffer.concat(of(id)))
    })
    expect(counted(await load(peer.url, { method: unary, proto }))).toEqual({ requests: 50, errors })
  })

  const messages: readonly (readonly [string, string, string])[] = [
    ['as it is', 'no such thing, [1] {2}', ': no such thing, [1] {2}'],
    ['with its percent-encoding', 'gr%C3%BC%C3%9Fe 100%25', ': grüße 100%'],
    ['with one that is broken', '100% of it', ': 100% of it'],
    ['for a terminal', '%1B]0;title%07 \x9b31m%E2%80%AE', ':  ]0;title   31m '],
    ['at length', 'x'.repeat(5000), `: ${'x'.repeat(241)}`],
    ['that is empty', '', ''],
  ]
  test.for(messages)('the first message of a kind is shown %s', async ([, text, shown]) => {
    await using peer = await framePeer((socket, { type, id }) => {
      if (type !== frameTypes.headers) return
      const later = id > 1 ? 'another' : text
      socket.write(headers(id, true, [ok, ['grpc-status', '8'], ['grpc-message', later]]))
    })
    const { errorWords } = await load(peer.url, { method: unary, proto }, { rate: 20, connections: 1 })
    expect(errorWords).toEqual({ grpc_resource_exhausted: `grpc-status 8${shown}` })
  })

  test('metadata and a deadline are sent to the server', async () => {
    let block = ''
    await using peer = await framePeer((socket, { type, id, payload }) => {
      if (type !== frameTypes.headers) return
      // Later ones only point to it.
      block ||= payload.toString('latin1')
      socket.write(Buffer.concat([headers(id, false, [ok]), message(id), good(id)]))
    })
    const call = { method: unary, proto, metadata: { 'x-id': '7' }, deadline: '1.5s' }
    expect(counted(await load(peer.url, call))).toEqual({ requests: 50, errors: {} })
    for (const text of ['x-id\x017', '/meshmark.Echo/Unary', 'grpc-timeout\x081500000u']) expect(block).toContain(text)
  })
})

describe.concurrent('wrong fields', () => {
  const issues = (grpc: CallInput, input: LoadInput = {}) =>
    loadSchema
      .safeParse({ protocol: 'grpc', grpc, ...input })
      .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)

  test.for([
    [
      'a .proto that does not parse',
      { method: unary, proto: proto.replace('bytes body = 1;', 'bytes body;') },
      /^grpc.proto: .*\(line 3\)$/,
    ],
    ['a .proto that is not there', { method: unary, proto: 'nowhere.proto' }, /^grpc.proto: .*ENOENT.*nowhere.proto/],
    [
      'a method that is not there',
      { method: 'meshmark.Echo/Nope', proto },
      /^grpc.method: no such method; one of: meshmark.Echo\/Unary, /,
    ],
    [
      'a field that is not there',
      { method: unary, proto, message: { sise: 1 } },
      /^grpc.message: sise: no such field of Request; one of: body, count, size, delay_ms/,
    ],
    [
      'a value of another type',
      { method: unary, proto, message: { count: 1.5 } },
      /^grpc.message: count: a whole number, uint32/,
    ],
    ['a method without a service', { method: 'Unary' }, /^grpc.method: a method as pkg.Service\/Method/],
    ['bytes of who knows what', { method: unary, bytes: 'AA==' }, /^grpc.kind: beside bytes one of: unary, /],
    [
      'bytes beside a message',
      { method: unary, bytes: '', kind: 'unary', message: {} },
      /^grpc.message: none beside bytes/,
    ],
  ] as const)('%s is named', ([, call, message]) => {
    expect(issues(call)).toEqual([expect.stringMatching(message)])
  })

  test('metadata of gRPC itself is named', () => {
    const call = { method: unary, metadata: { 'grpc-timeout': '1S' } }
    expect(wrongLoad({ protocol: 'grpc', grpc: call })).toContain('grpc.metadata.grpc-timeout: received "grpc-timeout"')
  })

  test('fields of gRPC and of HTTP do not mix', () => {
    expect(issues({ method: unary }, { protocol: 'http' })).toEqual(['grpc: none, where the protocol is http'])
    const http = { method: 'POST', headers: { a: 'b' }, body: 'x', path: '/' }
    expect(loadSchema.safeParse({ protocol: 'grpc', ...http }).error?.issues.map(({ path }) => path[0])).toEqual([
      'grpc',
      'method',
      'headers',
      'body',
      'path',
    ])
  })

  test('a .proto in files, with what they import, goes to the agent as one', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'meshmark-proto-'))
    try {
      await writeFile(join(dir, 'types.proto'), 'syntax = "proto3"; package t; message In { int32 n = 1; }')
      const service = 'syntax = "proto3"; import "types.proto"; service S { rpc Go(t.In) returns (t.In); }'
      await writeFile(join(dir, 's.proto'), service)
      const call = { method: 'S/Go', proto: join(dir, 's.proto'), message: { n: 1 }, deadline: '1s' }
      const parsed = { ...loadSchema.parse({ protocol: 'grpc', grpc: call }), url: 'http://127.0.0.1:1/' }
      expect(readAgentInput(agentInput(parsed))).toEqual(parsed)
      const { proto: _, ...recorded } = parsed.grpc ?? {}
      expect(recordedLoad(parsed)).toMatchObject({ grpc: { ...recorded, metadata: {} } })
      expect(JSON.stringify(recordedLoad(parsed))).not.toContain('nested')
    } finally {
      await rm(dir, { recursive: true })
    }
  })
})
