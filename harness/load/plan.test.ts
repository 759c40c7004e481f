import { expect, test } from 'vitest'
import { recordedLoadSchema } from '../../reports/recorded-load.ts'
import type { LoadInput } from './input/index.ts'
import { recordedLoad } from './plan.ts'
import { inputFiles, parseLoad } from './testing.ts'

const file = inputFiles()

test.for<[string, LoadInput]>([
  ['a closed loop', { thinkTime: { min: '1ms', max: '2s' }, requestsPerConnection: 5, stopWhen: { p99Ms: 9 } }],
  ['a ramp', { rate: { from: 1, to: 9 }, pacing: 'per-connection', arrivals: 'poisson' }],
  ['steps', { rate: { steps: [{ rate: 5, duration: '10s' }] }, stagger: '1s', maxRequests: 7, histograms: true }],
  ['bursts', { rate: { burst: 5, every: '1s' }, maxBacklog: 9, requests: [{ path: '/a', weight: 2 }] }],
  [
    'headers',
    {
      headers: [
        ['a', '1'],
        ['b', '2'],
        ['a', '3'],
      ],
      requests: [{ headers: { a: '4' } }],
    },
  ],
  ['HTTP/2', { protocol: 'http2', http2: { streams: 3 }, tls: { serverName: 'x' } }],
  ['gRPC', { protocol: 'grpc', grpc: { method: 'a.B/C', message: { n: 1 }, deadline: '1s' } }],
  ['WebSocket', { protocol: 'websocket', websocket: { messageBytes: 5 } }],
  ['inference', { protocol: 'inference' }],
  ['a stream', { protocol: 'udp', stream: { bitrate: '1Mbit', segmentBytes: 100 } }],
  ['a tool', { tool: 'fortio', toolArgs: ['-jitter'] }],
])('what a record keeps of %s is what its schema has', ([, input]) => {
  const recorded = recordedLoad(parseLoad(input))
  expect(recordedLoadSchema.parse(recorded)).toEqual(recorded)
  // Fields that are not there are not there as undefined either: a report names what it finds.
  expect(JSON.parse(JSON.stringify(recorded))).toStrictEqual(recorded)
})

test('of files a record keeps names and counts', async () => {
  const [bodyFile, replay] = [await file('body', 'four'), await file('times', '0\n1\n')]
  const requests = await file('mix.jsonl', '{"path":"/a"}\n{}\n')
  const recorded = recordedLoad({ ...parseLoad({ rate: { replay }, bodyFile, requests }), agents: 2 })
  expect(recordedLoadSchema.parse(recorded)).toMatchObject({
    ...{ agents: 2, rate: { replay, arrivals: 2 }, bodyFile: { file: bodyFile, bytes: 4 } },
    requests: { file: requests, requests: 2 },
  })
})
