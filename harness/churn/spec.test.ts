import { expect, test } from 'vitest'
import { meshNames } from '../../clusters/meshes/index.ts'
import { profiles } from '../experiment/profiles.ts'
import { meshesSpec } from '../experiment/spec.ts'
import { loadShape } from '../load/input/load.ts'
import { type ChurnInput, parseChurn, startAllowanceMs } from './spec.ts'

const parse = (input: unknown) =>
  parseChurn(input as ChurnInput, profiles.smoke, meshesSpec.parse(['baseline', 'envoy']))

test('what is left out is the profile’s and the run’s, and the load lasts as long as the changes', () => {
  const spec = parse({ change: 'endpoint' })
  expect(spec).toMatchObject({
    ...{ control: 'baseline', trials: profiles.smoke.trials, changes: profiles.smoke.changes, everyMs: 2000 },
    load: { rate: 200, warmUpMs: profiles.smoke.warmUpMs, durationMs: startAllowanceMs + 2 * 2000, agents: 1 },
  })
  expect(spec.arms.map(({ name }) => name)).toEqual(['baseline', 'envoy'])
  expect(parse({ change: 'rollout', every: '20s' })).toMatchObject({
    ...{ changes: 1, everyMs: 20_000, drainMs: 5000 },
    load: { durationMs: startAllowanceMs + 20_000 },
  })
})

test('every wrong field is named with what was received and what is allowed', () => {
  const load = { duration: '10s', rate: 0 }
  const loadFields = Object.keys(loadShape).filter(
    (field) => !['duration', 'stream', 'tool', 'toolArgs'].includes(field),
  )
  const arms = ['enovy', { path: 'cluster-ip' }]
  expect(() => parse({ arms, change: 'restart', changes: 0, every: '1ms', workload: 'http-echo', load })).toThrow(
    [
      'churn: 9 wrong fields',
      `  arms.0: received "enovy"; a mesh or mesh:mode; meshes: ${meshNames.join(', ')}`,
      '  arms.1.mesh: received nothing; Invalid input: expected string, received undefined',
      '  arms.1.path: no such field; one of: mesh, settings, env, program, source, probes, name',
      '  change: received "restart"; one of: endpoint, rollout',
      '  changes: received 0; at least 1',
      '  every: received "1ms"; a duration from 500ms to 10m',
      '  load.rate: received 0; above 0',
      `  load.duration: no such field; one of: ${loadFields.join(', ')}`,
      '  workload: no such field; one of: arms, control, placement, trials, change, changes, every, drain, load',
    ].join('\n'),
  )
})

test('changes of an endpoint go back and forth, and a rollout is given the time that it takes', () => {
  expect(() => parse({ change: 'endpoint', changes: 3, drain: '1s' })).toThrow(
    [
      'churn: 2 wrong fields',
      '  changes: received 3; an even number: back and forth',
      '  drain: received "1s"; only of a rollout',
    ].join('\n'),
  )
  expect(() => parse({ change: 'rollout', every: '4s' })).toThrow('every: received "4s"; longer than the drain, 5000ms')
  expect(() => parse({ change: 'rollout', load: { protocol: 'websocket' } })).toThrow(
    'load.protocol: received "websocket"; http, which is what the workload speaks',
  )
  expect(() => parse({ change: 'rollout', control: 'istio' })).toThrow('churn.control: 1 wrong field')
})
