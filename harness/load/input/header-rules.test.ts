import { expect, test } from 'vitest'
import { inputFiles, parseLoad, wrongLoad } from '../testing.ts'

const file = inputFiles()
const grpc = { protocol: 'grpc', grpc: { method: 'a.B/C' } }

test.for([
  [
    'http',
    { headers: { 'Transfer-Encoding': 'chunked' } },
    'headers.Transfer-Encoding: received "chunked"; none: a body',
  ],
  ['http', { headers: [['trailer', 'x']] }, 'headers.trailer: received "x"; none: a request ends without trailers'],
  ['http', { headers: { Upgrade: 'h2c' } }, 'headers.Upgrade: received "h2c"; none: replies of another protocol'],
  ['http', { headers: { Connection: 'te, Upgrade' } }, 'none of upgrade'],
  ['http', { headers: { connection: 'Close' } }, 'none of close: keepAlive false asks for it'],
  ['http', { keepAlive: false, headers: { connection: 'keep-alive' } }, 'none of keep-alive, where keepAlive is false'],
  [
    'http',
    {
      headers: [
        ['host', 'a'],
        ['Host', 'b'],
      ],
    },
    'headers.Host: received ["a","b"]; one host at most',
  ],
  ['http', { headers: { 'content-length': '5' } }, 'headers.content-length: received "5"; 0, the length of the body'],
  [
    'http',
    { headers: { 'content-length': '1' }, requests: [{ body: 'x' }, { body: 'xy' }] },
    'requests.1.headers.content-length: received "1"; 2, the length of the body, or left out',
  ],
  ['http2', { headers: { Connection: 'x' } }, 'headers.Connection: received "x"; none: HTTP/2 has no such header'],
  ['http2', { headers: { 'Keep-Alive': 'timeout=5' } }, 'none: HTTP/2 has no such header'],
  ['http2', { headers: { TE: 'gzip' } }, 'headers.TE: received "gzip"; trailers, over HTTP/2'],
  ['http2', { requests: [{ headers: { Upgrade: 'x' } }] }, 'requests.0.headers.Upgrade: received "x"; none: HTTP/2'],
  ['websocket', { headers: { 'sec-websocket-key': 'x' } }, 'none: it belongs to the upgrade'],
  ['websocket', { headers: { 'content-length': '0' } }, 'none: an upgrade has no body'],
  ['inference', { headers: { 'content-length': '0' } }, 'none: the body is made for the model'],
  [
    'inference',
    { inference: { over: 'grpc' }, headers: { te: 'trailers' } },
    'none: it is what makes a request a call',
  ],
] as const)('over %s %j is refused', ([protocol, fields, message]) => {
  expect(wrongLoad({ protocol, ...fields })).toContain(message)
})

test('metadata that a call has by itself, or HTTP/2 has not, is refused', () => {
  for (const key of ['te', 'content-type', 'content-length', 'connection', 'transfer-encoding'])
    expect(wrongLoad({ ...grpc, grpc: { ...grpc.grpc, metadata: [[key, 'x']] } }), key).toContain(
      `grpc.metadata.${key}: received "x"; none`,
    )
})

test.for([
  ['http', { Connection: 'x-mine', TE: 'trailers, gzip', 'Keep-Alive': 'timeout=5', 'content-length': '0' }],
  ['http2', { te: 'trailers', 'content-length': '0', host: 'other' }],
  ['websocket', { 'Sec-WebSocket-Protocol': 'chat', Host: 'other' }],
  ['inference', { 'Content-Type': 'application/json; charset=utf-8' }],
] as const)('over %s %j is sent', ([protocol, headers]) => {
  expect(parseLoad({ protocol, headers }).headers).toEqual(Object.entries(headers))
})

test('headers are an object or a list', async () => {
  const list = [
    ['a', '1'],
    ['b', '2'],
    ['a', '3'],
  ]
  expect(parseLoad({ headers: list }).headers).toEqual(list)
  expect(parseLoad({ ...grpc, grpc: { ...grpc.grpc, metadata: list } }).grpc?.metadata).toEqual(list)
  const requests = await file('mix.jsonl', `${JSON.stringify({ headers: list })}\n{"headers":{"a":"1"}}\n`)
  expect(parseLoad({ requests }).requests?.list.map(({ headers }) => headers)).toEqual([list, [['a', '1']]])
  for (const headers of [5, ['a'], [['a']], { a: ['1'] }])
    expect(wrongLoad({ headers }), JSON.stringify(headers)).toMatch(/headers/)
  expect(wrongLoad({ headers: [['a b', 'x']] })).toContain('headers.0.0: received "a b"; a header name')
  for (const value of ['x\r\ny', ' x', 'x\t']) expect(wrongLoad({ headers: { a: value } })).toContain('a header value')
})

test('ten thousand headers, one of 1 MB, and a path of 64 KB are read', async () => {
  const headers = Array.from({ length: 10_000 }, (_, i) => ['x-many', `${i}`])
  const path = `/${'x'.repeat(65_536)}`
  const requests = await file(
    'large.jsonl',
    JSON.stringify({ path, headers: [...headers, ['x-large', 'y'.repeat(1 << 20)]] }),
  )
  const [one] = parseLoad({ requests }).requests?.list ?? []
  expect(one).toMatchObject({ path })
  expect(one?.headers).toHaveLength(10_001)
})
