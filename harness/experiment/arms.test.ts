import { expect, test } from 'vitest'
import type { Cluster } from '../../clusters/provider.ts'
import { loadOn, type ReadyArm, skipReason } from './arms.ts'
import { profiles } from './profiles.ts'
import { type ArmSpec, type ExperimentInput, parseExperiment } from './spec.ts'

const cluster = { ref: { provider: 'kind', kube: {} } } as unknown as Cluster
const arm = (mesh: string, more: Partial<ArmSpec> = {}) =>
  ({ name: mesh, mesh, mode: 'sidecar', settings: {}, ...more }) as ArmSpec

test("streams that do not go an arm's way are a reason to skip it", () => {
  expect(skipReason(cluster, [], arm('baseline'), 'udp')).toBeNull()
  expect(skipReason(cluster, [], arm('envoy'), 'tcp')).toBeNull()
  expect(skipReason(cluster, [], arm('envoy'), 'udp')).toContain('UDP would go past it')
  expect(skipReason(cluster, [], arm('linkerd'), 'tcp')).toContain('set up here for HTTP; it carries no TCP streams')
  expect(skipReason(cluster, [], arm('linkerd'), 'http')).toBeNull()
  const forwarded = arm('baseline', { path: 'port-forward', client: 'outside' })
  expect(skipReason(cluster, [], forwarded, 'udp')).toContain('carries no UDP')
  expect(skipReason(cluster, [], forwarded, 'tcp')).toBeNull()
})

test('a load of streams goes by its own scheme, and asks the receiver past the mesh', () => {
  const ready = {
    target: new URL('http://127.1.2.3:15001/'),
    httpTarget: new URL('http://127.1.2.4:8080/'),
  } as ReadyArm
  const load = (workload: string, load: object) =>
    parseExperiment({ workload, arms: ['baseline'], load } as ExperimentInput, profiles.smoke, []).load
  expect(loadOn(ready, load('stream-receiver', { protocol: 'tcp', stream: { segmentBytes: 4096 } }))).toMatchObject({
    url: 'tcp://127.1.2.3:15001',
    stream: { receiver: 'http://127.1.2.4:8080/', segmentBytes: 4096 },
  })
  const { url, stream } = loadOn(ready, load('http-echo', { path: '/x?size=1' }))
  expect({ url, stream }).toEqual({ url: 'http://127.1.2.3:15001/x?size=1', stream: undefined })
})
