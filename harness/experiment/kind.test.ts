import { expect, type TestContext, test, vi } from 'vitest'
import { type MeshName, meshes } from '../../clusters/meshes/index.ts'
import { unmarkNamespace } from '../../clusters/meshes/namespaces.ts'
import { kind } from '../../clusters/providers/kind.ts'
import { sharedCluster } from '../../clusters/testing-kind.ts'
import { stations } from '../../reports/kernel.ts'
import type { Arm } from '../../reports/record.ts'
import { expectKernelView, needsProbes } from '../probes/testing.ts'
import type { ExperimentContext } from './context.ts'
import { measureArms } from './measure.ts'
import { profiles } from './profiles.ts'
import { type ExperimentInput, parseExperiment } from './spec.ts'
import { quietContext } from './testing.ts'

const shared = sharedCluster('test-meshes')

/** One trial an arm, or more, all arms in the shared cluster at once. */
async function measure(
  arms: NonNullable<ExperimentInput['arms']>,
  { agents = 1, trials = 1, ...more }: { agents?: number; trials?: number } & Partial<ExperimentContext> = {},
): Promise<Arm[]> {
  const load = { rate: 400, connections: 8, duration: '1s', warmUp: '500ms', agents }
  const spec = parseExperiment({ arms, workload: 'http-echo', load, design: 'trials' }, profiles.smoke, [])
  return (await measureArms({ ...spec, trials }, { ...quietContext(shared.cluster), ...more })).arms
}

async function needs(context: Pick<TestContext, 'skip'>, ...names: MeshName[]): Promise<void> {
  shared.needed(context)
  for (const name of names) {
    const here = await meshes[name].available(kind.traits)
    if (!here.available) context.skip(`${here.reason}; ${here.remedy}`)
  }
}

// These three prove what their trials did, not how fast: they wait for pods and images at once.
test.concurrent('baseline, Envoy, Istio and Consul stand in one cluster, take turns, and each trial proves its treatment', {
  timeout: 400_000,
}, async (context) => {
  await needs(context, 'envoy', 'istio', 'consul')
  const arms = await measure(['baseline', 'envoy', 'istio', 'consul'], { trials: 2 })
  const order = arms.flatMap(({ trials }) => trials).toSorted((a, b) => a.index - b.index)
  // Each block goes through all of them and back: none is deployed anew in between.
  expect(order.map(({ arm }) => arm).toReversed()).toEqual(order.map(({ arm }) => arm))
  for (const { load, evidence, idleCpuMs } of order) {
    expect(evidence?.mismatches).toEqual([])
    expect(load).toMatchObject({ requests: 400, errors: {} })
    expect(idleCpuMs).toBeGreaterThanOrEqual(0)
  }
  const [baseline, ...meshed] = arms.map(({ trials }) => trials[1])
  expect(baseline?.evidence?.summary).toBe('no proxy, plain text')
  for (const trial of meshed) {
    expect(trial?.evidence?.summary).toMatch(/^mTLS: [\d,]+ requests over [\d,]+ handshakes/)
    expect(trial?.resources.map(({ role }) => role)).toContain('proxy')
  }
})

test.concurrent('plain Envoys in pods: mTLS or not, a policy or not, and each trial proves which', {
  timeout: 300_000,
}, async (context) => {
  await needs(context, 'envoy')
  const arms = await measure([
    'envoy',
    { mesh: 'envoy', settings: { mtls: 'off', accessLog: true }, name: 'plain' },
    { mesh: 'envoy', settings: { l7Policy: true, proxyConcurrency: 2 }, name: 'policy' },
  ])
  const [strict, plain, policy] = arms.map(({ trials }) => trials[0])
  for (const trial of [strict, plain, policy]) {
    expect(trial?.evidence?.mismatches).toEqual([])
    expect(trial?.load).toMatchObject({ requests: 400, errors: {} })
  }
  expect(strict?.evidence?.facts).toMatchObject({ plaintextRefused: true, withoutCertificateRefused: true })
  expect(strict?.evidence?.facts.handshakes).toBeGreaterThan(0)
  expect(strict?.resources.map(({ role }) => role)).toEqual(['app', 'proxy'])
  expect(strict?.resources[1]?.cpuMs).toBeGreaterThan(0)
  expect(plain?.evidence).toMatchObject({ facts: { handshakes: 0, plaintextRefused: false } })
  expect(plain?.evidence?.summary).toMatch(/^plain text between the sidecars: \d+ requests$/)
  expect(policy?.evidence?.facts.requestsAllowedByPolicy).toBe(policy?.evidence?.facts.requestsSent)
})

test.concurrent('servers and clients keep to a node each, with cores of its own', {
  timeout: 300_000,
}, async (context) => {
  shared.needed(context)
  const nodes = (await shared.cluster.nodes()).filter(({ schedulable }) => schedulable).map(({ name }) => name)
  const [server = '', client = ''] = nodes.toSorted()
  const onPlaced = vi.fn()
  const placed = await measure(['baseline'], { shareCores: false, trials: 2, onPlaced })
  expect(placed).toMatchObject([{ name: 'baseline', skipped: null, placement: { server, client } }])
  expect(onPlaced.mock.calls).toMatchObject([
    [
      {
        nodes: `servers on ${server}, clients on ${client}`,
        cores: expect.stringMatching(/^the clients' node has core|: there is one$/),
      },
    ],
  ])
  const apart = await measure([{ path: 'pod-ip' }, { path: 'pod-ip', client: 'other-node' }], {
    shareCores: false,
    onPlaced,
  })
  expect(apart.map(({ placement }) => placement)).toEqual([
    { server, client: server },
    { server, client },
  ])
  expect(onPlaced.mock.lastCall?.[0].cores).toContain('the load of pod-ip same-node is not on a node of its own')
})

test('arms are loaded at once, the kernel sees every request, and a namespace that leaves the mesh meanwhile is noticed', {
  timeout: 300_000,
}, async (context) => {
  await needs(context, 'istio')
  const probes = ['runqueue', 'rtt', 'retransmits', 'requests', 'arrival'] as const
  await needsProbes(probes, context.skip)
  const load = { rate: 200, connections: 4, warmUp: '1s', duration: '8s' }
  const input: ExperimentInput = { arms: ['baseline', 'istio'], workload: 'http-echo', load, probes: [...probes] }
  const spec = parseExperiment(input, profiles.smoke, [])
  let left: Promise<void> | undefined
  const leave = async () => {
    const { kube } = shared.cluster
    const { items } = await kube.core.listNamespace({ labelSelector: 'istio-injection=enabled' })
    const names = items.flatMap(({ metadata }) => metadata?.name ?? [])
    expect(names).toHaveLength(1)
    await unmarkNamespace(kube, names[0] ?? '', { labels: { 'istio-injection': 'enabled' } })
  }
  const { arms } = await measureArms(spec, {
    ...quietContext(shared.cluster),
    onUnits({ phase }) {
      if (phase === 'measured') left ??= leave()
    },
  })
  await left
  const [baseline, istio] = arms.map(({ trials }) => trials[0])
  for (const trial of [baseline, istio]) {
    expect(trial?.load.units?.length).toBeGreaterThanOrEqual(14)
    expect(trial?.load.errors).toEqual({})
  }
  expect(baseline?.evidence?.mismatches).toEqual([])
  // The requests and handshakes of the whole time agree: nothing else is wrong.
  expect(istio?.evidence?.mismatches).toEqual([
    'The namespace was taken out of the mesh: it no longer bears istio-injection=enabled.',
  ])
  expect(istio?.evidence?.facts).toMatchObject({ handshakes: 4, clientsWithProxy: 1 })
  expectKernelView(arms[0] as Arm, probes, ['client', 'app'])
  expectKernelView(arms[1] as Arm, probes, stations)
  const proxies = istio?.kernel?.readings.flatMap(({ series }) => series ?? []).filter(({ at }) => at.endsWith('proxy'))
  expect(new Set(proxies?.map(({ container }) => container))).toEqual(new Set(['istio-proxy']))
})

test('a load from several pods, and one from outside, are those of one pod inside', {
  timeout: 300_000,
  // What else runs on the machine may hold one of them up.
  retry: 2,
}, async (context) => {
  shared.needed(context)
  for (const agents of [1, 4]) {
    const [arm] = await measure([{ path: 'cluster-ip', client: 'other-node' }], { agents })
    const { load, evidence } = arm?.trials[0] ?? {}
    expect(load).toMatchObject({ requests: 400, errors: {}, latency: { count: 400 } })
    expect((load?.achievedRate ?? 0) / 400).toBeGreaterThanOrEqual(0.99)
    expect(load?.agents?.map(({ requests }) => requests)).toEqual(agents === 1 ? undefined : [100, 100, 100, 100])
    expect(evidence?.mismatches).toEqual([])
  }
  const outside = await measure([
    { path: 'node-port', client: 'outside' },
    { path: 'port-forward', client: 'outside' },
  ])
  for (const { skipped, trials } of outside) {
    expect(skipped).toBeNull()
    expect(trials[0]?.load).toMatchObject({ requests: 400, errors: {} })
  }
})
