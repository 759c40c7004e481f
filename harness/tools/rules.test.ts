import { expect, test } from 'vitest'
import { profiles } from '../experiment/profiles.ts'
import { parseExperiment } from '../experiment/spec.ts'
import { type LoadInput, loadSchema } from '../load/input/index.ts'
import { loadToolNames } from '../load/plan.ts'
import { urlFor } from '../load/schemes.ts'
import { loadToolProblem } from './availability.ts'
import { planLoad, withTarget } from './plan.ts'

const wrong = (load: LoadInput) => {
  const target = urlFor(load.protocol ?? 'http', new URL('http://127.0.0.1/'), load.tls !== undefined)
  return problemsOf(() => planLoad(load, target))
}

function problemsOf(plan: () => void): string[] {
  try {
    plan()
    return []
  } catch (error) {
    return (error as Error).message.split('\n').slice(1)
  }
}

test.for(['wrk', 'fortio', 'h2load', 'k6'] as const)('%s makes a plain closed loop', (tool) => {
  expect(wrong({ tool, duration: '3s', connections: 8, headers: { a: 'b' }, method: 'PUT', body: 'x' })).toEqual([])
})

test('what a tool cannot do is refused with its reason, every field at once', () => {
  expect(wrong({ tool: 'wrk', rate: 100, duration: '800ms', arrivals: 'poisson' })).toEqual([
    '  rate: received 100; none: wrk has no open loop, it sends the next request after the reply',
    '  arrivals: received "poisson"; left out: wrk does not follow it',
    '  duration: received "800ms"; whole seconds, with wrk',
  ])
  expect(wrong({ tool: 'h2load', keepAlive: false, timeout: '1s' })).toEqual([
    '  timeout: received "1s"; left out: h2load has no timeout of a request',
    '  keepAlive: received false; left out: h2load keeps its connections',
  ])
  expect(wrong({ tool: 'k6', rate: 0.5 })).toEqual([
    '  rate: received 0.5; a whole number of requests a second, with k6',
  ])
  expect(wrong({ tool: 'fortio', rate: { from: 1, to: 9 }, maxBacklog: 5 })).toEqual([
    '  rate: received {"from":1,"to":9}; a number of requests a second, with fortio',
    '  maxBacklog: received 5; left out: fortio does not follow it',
  ])
  expect(wrong({ tool: 'iperf3' })).toEqual(['  protocol: received "http"; iperf3 takes loads of: tcp, udp'])
})

test('a header that is there several times is refused where a tool would send the last', () => {
  const headers = [
    ['a', '1'],
    ['a', '2'],
  ] as [string, string][]
  for (const tool of ['wrk', 'k6'] as const)
    expect(wrong({ tool, duration: '1s', headers })).toEqual([
      `  headers: received [["a","1"],["a","2"]]; each name once, with ${tool}`,
    ])
  for (const tool of ['fortio', 'h2load'] as const) expect(wrong({ tool, headers })).toEqual([])
  const grpc = { method: 'a.B/C', metadata: headers }
  expect(wrong({ tool: 'ghz', protocol: 'grpc', grpc })).toEqual([expect.stringContaining('each key is there once')])
})

test('a tool takes the fields of TLS that it has flags for', () => {
  const authority = { tls: { serverName: 'echo.example' } }
  expect(wrong({ tool: 'ghz', protocol: 'grpc', grpc: { method: 'a.B/C' }, ...authority })).toEqual([])
  expect(wrong({ tool: 'fortio', tls: {} })).toEqual([])
  expect(wrong({ tool: 'fortio', ...authority })).toEqual([
    expect.stringMatching(/^ {2}tls: received \{.*\}; nothing but caFile, certFile, keyFile, verify, with fortio$/),
  ])
  for (const tool of ['wrk', 'h2load'] as const) {
    expect(wrong({ tool, tls: { verify: false } })).toEqual([])
    expect(wrong({ tool, tls: {} })).toEqual([
      expect.stringContaining(`verify false and nothing else: it checks no certificate, with ${tool}`),
    ])
  }
  // An https URL asks for TLS by itself.
  const demand = [expect.stringMatching(/^ {2}tls: received \{.*\}; verify false and nothing else: .*, with wrk$/)]
  expect(problemsOf(() => planLoad({ tool: 'wrk' }, 'https://127.0.0.1/'))).toEqual(demand)
  expect(problemsOf(() => withTarget(loadSchema.parse({ tool: 'wrk' }), 'https://127.0.0.1/'))).toEqual(demand)
})

test('an unknown tool is answered with those there are', () => {
  expect(wrong({ tool: 'ab' as 'wrk' })).toEqual([`  tool: received "ab"; one of: ${loadToolNames.join(', ')}`])
})

test('arguments are passed on when they are known, with a value that fits', () => {
  const fortio = (...toolArgs: string[]) => wrong({ tool: 'fortio', toolArgs })
  expect(fortio('-jitter', '-connection-reuse', '10:20', '-connection-reuse=1:2')).toEqual([])
  expect(fortio('-json', '/etc/passwd')).toEqual([
    expect.stringMatching(/^ {2}toolArgs\.0: received "-json"; one of: -jitter, -uniform, .*-connection-reuse \^/),
    expect.stringMatching(/^ {2}toolArgs\.1: received "\/etc\/passwd"; one of/),
  ])
  expect(fortio('-connection-reuse', 'x')[0]).toMatch(/toolArgs\.0: received "x"; -connection-reuse with a value/)
  expect(fortio('-connection-reuse')[0]).toMatch(/-connection-reuse with a value that fits/)
  expect(fortio('-jitter=$(id)')).toEqual(['  toolArgs.0: received "-jitter=$(id)"; -jitter without a value'])
  expect(wrong({ tool: 'wrk', toolArgs: ['--latency'] })[0]).toMatch(/wrk takes no further arguments/)
  expect(wrong({ toolArgs: ['-jitter'] })).toEqual(['  toolArgs: received ["-jitter"]; none: they are those of a tool'])
})

test('a tool makes loads of pods in an image that is named or there', async () => {
  const kubeconfig = (toolImage?: string) => ({
    provider: 'kubeconfig',
    takesLocalImages: false,
    kube: { kubeconfig: '', context: '', image: '', cluster: '', ...(toolImage ? { toolImage } : {}) },
  })
  const problem = await loadToolProblem('wrk', kubeconfig())
  expect(problem(false)).toMatch(/^no image with load tools is named for clusters of kubeconfig; .*meshmark tool-image/)
  expect((await loadToolProblem('wrk', kubeconfig('registry.example/tools')))(false)).toBeNull()
  expect((await loadToolProblem(undefined, kubeconfig()))(false)).toBeNull()
})

test('several agents make no load with a tool, and none of streams goes to a workload', () => {
  const load = { tool: 'wrk', duration: '1s', connections: 8, agents: 2 } as const
  const input = { workload: 'http-echo', load } as const
  expect(() => parseExperiment(input, profiles.smoke, [])).toThrow('load.agents: received 2; 1, with wrk')
  const streams = { protocol: 'tcp', tool: 'iperf3', duration: '1s', warmUp: '1s' } as const
  expect(() => parseExperiment({ workload: 'stream-receiver', load: streams }, profiles.smoke, [])).toThrow(
    'load.tool: received "iperf3"; none of streams: iperf3 needs a server of its own, which no workload is',
  )
})
