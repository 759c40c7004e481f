import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { expect, test } from 'vitest'
import { agentInput, readAgentInput } from '../agent/input.ts'
import { loadHere } from '../agent/testing.ts'
import type { LoadInput } from '../load/input/index.ts'
import { recordedLoad } from '../load/plan.ts'
import { planLoad } from '../tools/plan.ts'
import { listen } from './testing-listen.ts'

/** The target and the headers of what a server of node:http, or of node:http2, is asked; it answers with 404. */
async function listener(protocol: LoadInput['protocol']) {
  const seen: { target: string; headers: string[] }[] = []
  const server =
    protocol === 'http2' || protocol === 'grpc'
      ? createHttp2Server({ maxHeaderListPairs: 20_000, settings: { maxHeaderListSize: 8 << 20 } })
      : createServer({ maxHeaderSize: 8 << 20 })
  if ('maxHeadersCount' in server) server.maxHeadersCount = 0
  server.on('request', ({ url, rawHeaders }, reply) => {
    seen.push({ target: url, headers: rawHeaders })
    reply.statusCode = 404
    reply.end()
  })
  server.on('upgrade', ({ url, rawHeaders }, socket) => {
    seen.push({ target: url, headers: rawHeaders })
    socket.end('HTTP/1.1 404 Not Found\r\n\r\n')
  })
  const listening = await listen(server)
  return { ...listening, seen }
}

/** Makes one request as an agent does. Returns what arrived, and the headers of that one name or more. */
async function asked(input: LoadInput, { credentials = '', path = '/' } = {}) {
  await using server = await listener(input.protocol)
  const scheme = input.protocol === 'websocket' ? 'ws' : 'http'
  const shape = { connections: 1, maxRequests: 1, duration: '5s', warmUp: '0s', ...input }
  const plan = planLoad(shape, `${scheme}://${credentials}127.0.0.1:${server.port}${path}`)
  await loadHere(readAgentInput(agentInput(plan)))
  const [first] = server.seen
  const { target = 'nothing', headers = [] } = first ?? {}
  const pairs = headers.flatMap((name, i) =>
    i % 2 === 0 ? [[name.toLowerCase(), headers[i + 1] as string] as const] : [],
  )
  const valuesOf = (name: string) => pairs.flatMap(([other, value]) => (other === name ? [value] : []))
  return { target, valuesOf, port: server.port, plan, count: pairs.length }
}

const call = { method: 'a.B/C', bytes: '', kind: 'unary' } as const
const headers = [
  ['X-Forwarded-For', '10.0.0.1'],
  ['Cookie', 'a=1'],
  ['x-forwarded-for', '10.0.0.2'],
  ['cookie', 'b=2'],
] as [string, string][]
const metadata = headers.map(([name, value]) => [name.toLowerCase(), value] as [string, string])

const ways: [LoadInput['protocol'], LoadInput][] = [
  ['http', { headers }],
  ['http2', { headers }],
  ['websocket', { headers }],
  ['grpc', { grpc: { ...call, metadata } }],
  ['http', { headers: { 'x-forwarded-for': 'of the load' }, requests: [{ headers }] }],
]
test.for(ways)('over %s all headers of one name arrive, in their order: %j', async ([protocol, input]) => {
  const { valuesOf, plan } = await asked({ protocol, ...input })
  expect(valuesOf('x-forwarded-for')).toEqual(['10.0.0.1', '10.0.0.2'])
  expect(valuesOf('cookie')).toEqual(['a=1', 'b=2'])
  if (protocol === 'grpc')
    expect(recordedLoad(plan).grpc?.metadata).toEqual({
      'x-forwarded-for': ['10.0.0.1', '10.0.0.2'],
      cookie: ['a=1', 'b=2'],
    })
})

test.for(['http', 'http2', 'websocket', 'grpc', 'inference'] as const)(
  'over %s the user and password of the URL arrive, and are nowhere else',
  async (protocol) => {
    const input = protocol === 'grpc' ? { grpc: call } : {}
    const from = { credentials: 'me:s%65cret@' }
    if (protocol === 'inference') {
      await expect(asked({ protocol }, from)).rejects.toThrow('status 404')
      return
    }
    const { valuesOf, plan } = await asked({ protocol, ...input }, from)
    expect(valuesOf('authorization')).toEqual([`Basic ${Buffer.from('me:secret').toString('base64')}`])
    expect(plan.url).not.toContain('me')
    expect(JSON.stringify(recordedLoad(plan).headers)).toBe('{}')
  },
)

test('what says where a request goes replaces ours', async () => {
  const host = { headers: { Host: 'other.example' } }
  const { valuesOf } = await asked({ protocol: 'http', ...host })
  expect(valuesOf('host')).toEqual(['other.example'])
  for (const input of [
    { protocol: 'http2', ...host } as const,
    { protocol: 'grpc', grpc: { ...call, metadata: { host: 'other.example', 'user-agent': 'mine' } } } as const,
  ]) {
    const seen = await asked(input)
    expect(seen.valuesOf(':authority')).toEqual(['other.example'])
    expect(seen.valuesOf('host')).toEqual([])
    if (input.protocol === 'grpc') expect(seen.valuesOf('user-agent')).toEqual(['mine'])
  }
})

test('a list of a request’s own Connection is sent beside the close of ours', async () => {
  const { valuesOf } = await asked({ keepAlive: false, headers: { Connection: 'x-mine' } })
  expect(valuesOf('connection')).toEqual(['close', 'x-mine'])
  const own = await asked({ keepAlive: false, headers: { Connection: 'x-mine, close' } })
  expect(own.valuesOf('connection')).toEqual(['x-mine, close'])
})

test.for(['http', 'http2', 'websocket'] as const)('over %s a path is encoded once, as in a URL', async (protocol) => {
  const path = '/a%20b/é?q=50%25'
  const { target } = await asked({ protocol, path })
  expect(target).toBe('/a%20b/%C3%A9?q=50%25')
  expect(await asked({ protocol }, { path })).toMatchObject({ target })
})

// The server's own HTTP/2 takes no more.
test.for([
  ['http', 10_000, 1 << 20, 65_536],
  ['http2', 2000, 20_000, 60_000],
] as const)('over %s large heads arrive whole: %i headers, %i bytes of one, %i of the path', async (sizes) => {
  const [protocol, headers, headerBytes, pathBytes] = sizes
  const many = Array.from({ length: headers }, (_, i): [string, string] => ['x-many', `${i}`])
  const large = 'y'.repeat(headerBytes)
  const path = `/${'x'.repeat(pathBytes)}`
  const { target, valuesOf } = await asked({ protocol, path, headers: [...many, ['x-large', large]] })
  expect(target === path).toBe(true)
  expect(valuesOf('x-many')).toEqual(many.map(([, value]) => value))
  expect(valuesOf('x-large')[0] === large).toBe(true)
})
