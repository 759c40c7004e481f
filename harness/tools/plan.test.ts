import { expect, test } from 'vitest'
import { loadSchema } from '../load/input/index.ts'
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
  ['http', {}, 'nonsense', 'url: received "nonsense"; a URL that starts with http:// or https://'],
  ['http', { tls: {} }, 'http://x/', "; none, where the URL's scheme is without TLS"],
  ['tcp', { tls: {} }, 'tcp://x/', 'none, where the protocol is tcp'],
] as const)('%s with %j does not go to %s', ([protocol, fields, url, message]) => {
  expect(() => planLoad({ protocol, ...fields }, url)).toThrow(message)
})

test('a plan is given a target that fits it', () => {
  const plan = loadSchema.parse({ protocol: 'http2', tls: {} })
  expect(withTarget({ ...plan, agents: 2 }, 'https://x/')).toEqual({ ...plan, agents: 2, url: 'https://x/' })
  expect(() => withTarget(plan, 'http://x/')).toThrow("none, where the URL's scheme is without TLS")
  expect(() => withTarget(plan, 'wss://x/')).toThrow('url: received "wss://x/"; for http2: http:// or https://')
})
