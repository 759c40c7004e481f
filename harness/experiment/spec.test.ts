import { expect, test } from 'vitest'
import { meshNames } from '../../clusters/meshes/index.ts'
import { inferenceFields } from '../load/input/inference.ts'
import { profiles } from './profiles.ts'
import { type ExperimentInput, parseExperiment, portFor } from './spec.ts'

const parse = (input: unknown) => parseExperiment(input as ExperimentInput, profiles.smoke, [])

test('what is left out is the profile’s', () => {
  const spec = parse({ workload: 'http-echo', arms: ['baseline', { path: 'node-port', client: 'outside' }], load: {} })
  expect(spec).toMatchObject({ control: 'baseline', trials: profiles.smoke.trials, placement: { tolerations: [] } })
  const { maxDurationMs, unitMs, warmUpMs, deployments } = profiles.smoke.units
  expect(spec).toMatchObject({ maxDurationMs, unitMs, deployments, design: 'slices' })
  expect(spec.load).toMatchObject({ agents: 1, durationMs: maxDurationMs, warmUpMs })
  expect(spec.arms.map(({ name }) => name)).toEqual(['baseline', 'node-port outside'])
})

test('every wrong field is named with what was received and what is allowed', () => {
  const arms = ['enovy', { path: 'pod-ip', client: 'outside' }, { path: 'port-forward' }, { path: 'x' }, 5]
  const input = { arms, workload: 'http-echo', load: { agents: 99, connections: 4 }, placement: { nodeLabel: {} } }
  expect(() => parse(input)).toThrow(
    [
      'experiment: 7 wrong fields',
      `  arms.0: received "enovy"; a mesh or mesh:mode; meshes: ${meshNames.join(', ')}`,
      '  arms.1.path: received "pod-ip"; from outside one of: node-port, port-forward',
      '  arms.2.client: received "same-node"; port-forward leads in from outside',
      '  arms.3.path: received "x"; one of: pod-ip, cluster-ip, headless, node-port, port-forward',
      '  arms.4: received 5; a mesh, mesh:mode, { mesh, settings, env }, or { path, client }',
      '  placement.nodeLabel: no such field; one of: nodeLabels, architecture, tolerations',
      '  load.agents: received 99; at most as many as there are connections, 4',
    ].join('\n'),
  )
})

test('an arm sets what its mesh knows, and is named after it', () => {
  const arms = [
    'envoy',
    { mesh: 'envoy', settings: { mtls: 'off' } },
    { mesh: 'envoy:sidecar', settings: {}, name: 'x' },
  ]
  const spec = parse({ workload: 'http-echo', arms, load: {} })
  expect(spec.arms.map(({ name }) => name)).toEqual(['envoy', 'envoy mtls=off', 'x'])
  expect(spec.arms.map(({ settings }) => settings.mtls)).toEqual(['strict', 'off', 'strict'])
  const wrong = [{ mesh: 'envoy', settings: { mtls: 'on', fast: true } }, { mesh: 'enovy' }]
  expect(() => parse({ workload: 'http-echo', arms: wrong, load: {} })).toThrow(
    [
      'experiment: 3 wrong fields',
      '  arms.0.settings.mtls: received "on"; one of: strict, off',
      '  arms.0.settings.fast: no such setting; one of: mtls, binary, proxyConcurrency, proxyCpuMillicores, proxyMemoryBytes, l7Policy, accessLog',
      `  arms.1.mesh: received "enovy"; a mesh or mesh:mode; meshes: ${meshNames.join(', ')}`,
    ].join('\n'),
  )
})

test('an arm has its own settings of the workload, checked before anything starts', () => {
  const busy = (env: object) => [{ mesh: 'baseline' }, { mesh: 'baseline', env }]
  const { arms } = parse({ workload: 'http-echo', arms: busy({ BUSY_US: '20' }), load: {} })
  expect(arms.map(({ name, env }) => ({ name, env }))).toEqual([
    { name: 'baseline', env: undefined },
    { name: 'baseline BUSY_US=20', env: { BUSY_US: '20' } },
  ])
  expect(() => parse({ workload: 'http-echo', arms: busy({ BUSY_US: 'x' }), load: {} })).toThrow(
    'arms.1.env.BUSY_US: received {"BUSY_US":"x"}; must be a number from 0',
  )
})

test('what an arm may set depends on the mode', () => {
  const settings = { waypoint: true, l7Policy: true }
  const spec = parse({ workload: 'http-echo', arms: [{ mesh: 'istio:ambient', settings }], load: {} })
  expect(spec.arms[0]).toMatchObject({ mesh: 'istio', mode: 'ambient', settings: { ...settings, mtls: 'strict' } })
  expect(() => parse({ workload: 'http-echo', arms: [{ mesh: 'istio', settings }], load: {} })).toThrow(
    '  arms.0.settings.waypoint: no such setting of istio:sidecar; one of: mtls, proxyConcurrency',
  )
  const contradiction = [{ mesh: 'istio:ambient', settings: { l7Policy: true } }]
  expect(() => parse({ workload: 'http-echo', arms: contradiction, load: {} })).toThrow(
    '  arms.0.settings.l7Policy: received true; false, or with waypoint: true',
  )
})

test('what a load’s fields need of each other depends on whether its rate is searched for', () => {
  const parsed =
    (load: object, more: object = {}) =>
    () =>
      parse({ workload: 'http-echo', arms: ['baseline'], load, ...more })
  const search = { keeping: { p99Ms: { max: 20 } } }
  const steps = [{ rate: 100, duration: '1s' }]
  expect(parsed({ rate: { steps } })).toThrow(
    '  load.duration: received "800ms"; as long as all steps together, 1000ms',
  )
  expect(parsed({ pacing: 'per-connection' })).toThrow('  load.pacing: received "per-connection"; only of an open loop')
  expect(parsed({ pacing: 'per-connection' }, { search })).not.toThrow()
  expect(parsed({ thinkTime: '1s' }, { search })).toThrow('  load.thinkTime: ')
})

test('load goes to the port that is named as its protocol, and streams only to who receives them', () => {
  expect(portFor('stream-receiver', { protocol: 'udp' })).toEqual({ name: 'udp', number: 5202 })
  expect(portFor('stream-receiver', { protocol: 'http' })).toEqual({ name: 'http', number: 8080 })
  expect(portFor('http-echo', { protocol: 'http' })).toEqual({ name: 'http', number: 8080 })
  const over = (way: 'http' | 'grpc') => inferenceFields.parse({ over: way })
  expect(portFor('inference', { protocol: 'inference', inference: over('http') }).name).toBe('http')
  expect(portFor('inference', { protocol: 'inference', inference: over('grpc') }).name).toBe('grpc')
  const search = { keeping: { p99Ms: { max: 1 } } }
  expect(() => parse({ workload: 'http-echo', arms: ['baseline'], load: { protocol: 'tcp' }, search })).toThrow(
    [
      'experiment: 2 wrong fields',
      '  load.protocol: received "tcp"; one that http-echo receives; its ports: http',
      '  search: received {"keeping":{"p99Ms":{"max":1}},"from":500,"to":1000000,"resolution":0.1}; not of streams',
    ].join('\n'),
  )
  expect(() => parse({ workload: 'stream-receiver', arms: ['baseline'], load: { protocol: 'udp' } })).toThrow(
    'load.stream.bitrate: received nothing; needed for UDP',
  )
})

test('arms that differ in their probes are measured in trials, and no other probe is at work', () => {
  const probes = ['runqueue', 'requests'] as const
  const arms = ['baseline', { mesh: 'baseline', probes }]
  const spec = parseExperiment({ workload: 'http-echo', arms, load: { rate: 10 } } as never, profiles.smoke, [], {
    probes: ['arrival'],
  })
  expect(spec).toMatchObject({
    design: 'trials',
    probes: [],
    arms: [{}, { name: 'baseline probes=runqueue,requests' }],
  })
  const parsed = (more: object) => () => parse({ workload: 'http-echo', arms, load: { rate: 10 }, ...more })
  expect(parsed({ probes })).toThrow(/ {2}probes: .*none, where arms have their own/)
  expect(parsed({ design: 'paired' })).toThrow(/ {2}design: .*trials, for arms that differ in their probes/)
  expect(parse({ workload: 'http-echo', arms: ['baseline'], probes, load: { rate: 10 } }).probes).toEqual(probes)
})
