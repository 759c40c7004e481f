import { expect, test } from 'vitest'
import { flagNames } from './flag-names.ts'

test.for([
  [{}, ['url'], { name: 'url' }],
  [{ rate: '1,000' }, ['rate'], { name: '--rate', received: '1,000', allowed: expect.stringContaining('a number') }],
  [{ rate: -5 }, ['rate'], { name: '--rate', received: -5 }],
  [{ ramp: '1' }, ['rate', 'to'], { name: '--ramp 1, to' }],
  [{ steps: '1:5s,2' }, ['rate', 'steps', 1, 'duration'], { name: '--steps 1:5s,2, duration of step 2' }],
  [{ replay: 'x' }, ['rate', 'replay'], { name: '--replay', received: 'x' }],
  [{ connections: 'ten' }, ['connections'], { name: '--connections', received: 'ten' }],
  [{ warmUp: '1' }, ['warmUp'], { name: '--warm-up', received: '1' }],
  [{ proto: 'a' }, ['grpc', 'proto'], { name: '--proto', received: 'a' }],
  [{}, ['grpc', 'method'], { name: '--call' }],
  [{ streams: 0 }, ['http2', 'streams'], { name: '--streams', received: 0 }],
  [{ ca: 'a' }, ['tls', 'caFile'], { name: '--ca', received: 'a' }],
  [{ ca: 'a', insecure: false }, ['tls'], { name: '--ca, --insecure', received: ['a', true] }],
  [{}, ['grpc'], { name: '--grpc' }],
  [{ header: [['a b', 'c']] }, ['headers', 0, 0], { name: 'name of --header 1' }],
  [{ header: [['a', '\n']] }, ['headers', 0, 1], { name: 'value of --header 1' }],
  [{}, ['headers', 'te'], { name: '--header, te' }],
  [{}, ['toolArgs', 1], { name: '--tool-arg 2' }],
  [{}, ['requests', 2, 'method'], { name: '--requests, method of request 3' }],
  [{}, ['stopWhen', 'errorrate'], { name: '--stop-when, errorrate' }],
] as const)('with %j, %j is named as it was typed', ([flags, path, name]) => {
  expect(flagNames(flags)(path)).toEqual(name)
})
