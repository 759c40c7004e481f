import { expect, test } from 'vitest'
import { type LoadInput, loadSchema } from '../load/input/index.ts'
import { planLoad, withTarget } from './plan.ts'

test('a load and its target become a plan with units in its names', () => {
  expect(planLoad({ rate: 5, duration: '2s', timeout: '500ms', thinkTime: undefined }, 'https://x/')).toMatchObject({
    ...{ url: 'https://x/', protocol: 'http', rate: 5, durationMs: 2000, warmUpMs: 1000, timeoutMs: 500 },
  })
})

test('every wrong field of a load is named, its target among them', () => {
  expect(() => planLoad({ rate: -1, connections: 0 }, 'ftp://x')).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/rate: received -1.*connections: received 0.*url: received "ftp/s),
    }),
  )
})

test.for([
  ['http', {}, 'ws://x/', 'url: received "ws://x/"; for http: http:// or https://'],
  ['websocket', {}, 'http://x/', 'url: received "http://x/"; for websocket: ws:// or wss://'],
  [
    'http',
    {},
    'http://127.0.0.1:99999/x',
    'url: received "http://127.0.0.1:99999/x"; a URL whose port is from 1 to 65535',
  ],
  ['http', {}, 'nonsense', 'url: received "nonsense"; a URL that starts with http:// or https://'],
  ['http', { tls: {} }, 'http://x/', "; none, where the URL's scheme is without TLS"],
  ['tcp', { tls: {} }, 'tcp://x/', 'none, where the protocol is tcp'],
] as const)('%s with %j does not go to %s', ([protocol, fields, url, message]) => {
  expect(() => planLoad({ protocol, ...fields }, url)).toThrow(message)
})

test.for([
  ['http', {}, 'http://x/#part', 'a #fragment, which is sent to nobody'],
  ['http', {}, 'http://x/#', 'a #fragment, which is sent to nobody'],
  ['http', { path: '/a' }, 'http://x/b', 'a path, beside path'],
  ['http', { path: '/a' }, 'http://x/?b', 'a path, beside path'],
  ['http', { requests: [{ path: '/a' }, { path: '/b' }] }, 'http://x/c', 'a path, as all requests have their own'],
  ['grpc', { grpc: { method: 'a.B/C' } }, 'http://x/c', 'a path: a call has grpc.method'],
  ['inference', {}, 'http://x/v2', 'a path: it comes from inference.model'],
  ['tcp', {}, 'tcp://x:1/c', 'a path, where the protocol is tcp'],
  ['tcp', {}, 'tcp://me:secret@x:1', 'user and password, where the protocol is tcp'],
  ['http', { tool: 'wrk', timeout: '1s' }, 'http://me:secret@x/', 'user and password, with wrk: its command line'],
  ['http', { headers: { authorization: 'x' } }, 'http://me:secret@x/', 'user and password, beside an Authorization'],
] as const)('%s with %j: a part of %s that would not be used is refused', ([protocol, fields, url, message]) => {
  const refusal = () => planLoad({ protocol, ...fields } as LoadInput, url)
  expect(refusal).toThrow(`url: received "${url.replace('me:secret@', '')}"; without ${message}`)
})

test('the user and password of a URL are in no message', () => {
  for (const url of [
    'http://me:secret@x:99999/',
    'ftp://me:secret@x/',
    'http:\\\\me:secret@x/#',
    ' http:me:secret@x/#',
  ])
    expect(() => planLoad({}, url), url).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/me:|secret/) }),
    )
  for (const rest of ['https://me:secret@x/', 'http://me:secret@x/', 'http://x/a', 'http://x/#']) {
    const stream = { bitrate: '1Mbit', receiver: rest }
    const message = `received "${rest.replace('me:secret@', '')}"; an http URL of a host and port alone`
    expect(() => planLoad({ protocol: 'udp', stream }, 'udp://x')).toThrow(message)
  }
})

test('what was received is shown in part where it is long', () => {
  const url = `http://x/${'y'.repeat(65_536)}#`
  expect(() => planLoad({}, url)).toThrow(expect.objectContaining({ message: expect.stringMatching(/^.{1,400}$/s) }))
})

test('a path is in the URL of the plan', () => {
  expect(planLoad({ path: '/é' }, 'http://x/').url).toBe('http://x/%C3%A9')
  expect(planLoad({ path: '/a?b' }, 'http://x/a?b').url).toBe('http://x/a?b')
  expect(planLoad({ requests: [{ path: '/a' }, {}] }, 'http://x/b').url).toBe('http://x/b')
})

test('a plan is given a target that fits it', () => {
  const plan = loadSchema.parse({ protocol: 'http2', tls: {} })
  expect(withTarget({ ...plan, agents: 2 }, 'https://x/')).toEqual({ ...plan, agents: 2, url: 'https://x/' })
  expect(() => withTarget(plan, 'http://x/')).toThrow("none, where the URL's scheme is without TLS")
  expect(() => withTarget(plan, 'wss://x/')).toThrow('url: received "wss://x/"; for http2: http:// or https://')
})
