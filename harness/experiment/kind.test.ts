import { expect, test } from 'vitest'
import { meshes } from '../../clusters/meshes/index.ts'
import { sharedCluster } from '../../clusters/testing-kind.ts'
import type { Arm } from '../../reports/record.ts'
import { conduct } from './conduct.ts'
import { profiles } from './profiles.ts'
import { type ExperimentInput, parseExperiment } from './spec.ts'

const shared = sharedCluster('test-meshes')

/** One trial an arm, all arms in the shared cluster at once. */
function measure(arms: NonNullable<ExperimentInput['arms']>, agents = 1): Promise<Arm[]> {
  const load = { rate: 200, connections: 8, duration: '3s', warmUp: '500ms', agents }
  const spec = parseExperiment({ arms, workload: 'http-echo', load, trials: 1 }, profiles.smoke, [])
  return conduct(spec, {
    cluster: shared.cluster,
    seed: 7,
    furtherBlocks: 0,
    unavailable: {},
    onProgress: () => {},
    collect: async () => {},
    step: (_, body) => body(),
  })
}

test('plain Envoys in pods: mTLS or not, a policy or not, and each trial proves which', {
  timeout: 300_000,
}, async (context) => {
  shared.needed(context)
  const here = await meshes.envoy.available('kind')
  if (!here.available) context.skip(`${here.reason}; ${here.remedy}`)
  const arms = await measure([
    'baseline',
    'envoy',
    { mesh: 'envoy', settings: { mtls: 'off', accessLog: true }, name: 'plain' },
    { mesh: 'envoy', settings: { l7Policy: true, proxyConcurrency: 2 }, name: 'policy' },
  ])
  const [baseline, strict, plain, policy] = arms.map(({ trials }) => trials[0])
  for (const trial of [baseline, strict, plain, policy]) {
    expect(trial?.evidence?.mismatches).toEqual([])
    expect(trial?.load).toMatchObject({ requests: 600, errors: {} })
    expect(trial?.idleCpuMs).toBeGreaterThanOrEqual(0)
  }
  expect(baseline?.evidence?.summary).toBe('no proxy, plain text')
  expect(baseline?.resources.map(({ role }) => role)).toEqual(['app'])
  expect(strict?.evidence?.facts).toMatchObject({ plaintextRefused: true, withoutCertificateRefused: true })
  expect(strict?.evidence?.facts.handshakes).toBeGreaterThan(0)
  expect(strict?.resources.map(({ role }) => role)).toEqual(['app', 'proxy'])
  expect(strict?.resources[1]?.cpuMs).toBeGreaterThan(0)
  expect(plain?.evidence).toMatchObject({ facts: { handshakes: 0, plaintextRefused: false } })
  expect(plain?.evidence?.summary).toMatch(/^plain text between the sidecars: \d+ requests$/)
  expect(policy?.evidence?.facts.requestsAllowedByPolicy).toBe(policy?.evidence?.facts.requestsSent)
})

test('a load from several pods, and one from outside, are those of one pod inside', {
  timeout: 300_000,
  // What else runs on the machine may hold one of them up.
  retry: 2,
}, async (context) => {
  shared.needed(context)
  for (const agents of [1, 4]) {
    const [arm] = await measure([{ path: 'cluster-ip', client: 'other-node' }], agents)
    const { load, evidence } = arm?.trials[0] ?? {}
    expect(load).toMatchObject({ requests: 600, errors: {}, latency: { count: 600 } })
    expect((load?.achievedRate ?? 0) / 200).toBeGreaterThanOrEqual(0.99)
    expect(load?.agents?.map(({ requests }) => requests)).toEqual(agents === 1 ? undefined : [150, 150, 150, 150])
    expect(evidence?.mismatches).toEqual([])
  }
  const outside = await measure([
    { path: 'node-port', client: 'outside' },
    { path: 'port-forward', client: 'outside' },
  ])
  for (const { skipped, trials } of outside) {
    expect(skipped).toBeNull()
    expect(trials[0]?.load).toMatchObject({ requests: 600, errors: {} })
  }
})
