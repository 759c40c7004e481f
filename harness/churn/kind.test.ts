import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { isKubernetes } from '../../clusters/kubernetes/cluster.ts'
import { namespacesOf } from '../../clusters/kubernetes/namespace.ts'
import type { Cluster } from '../../clusters/provider.ts'
import { providers } from '../../clusters/providers/index.ts'
import { type Trial, trialSchema } from '../../reports/record.ts'
import { conduct } from '../experiment/conduct.ts'
import { profiles } from '../experiment/profiles.ts'
import { churnProcedure } from './procedure.ts'
import { type ChurnInput, parseChurn } from './spec.ts'

let missing: string | null = null
beforeAll(async () => {
  const here = await providers.kind.available()
  if (!here.available) missing = `${here.reason}; ${here.remedy}`
})

async function measure(cluster: Cluster, input: Omit<ChurnInput, 'arms' | 'trials'>): Promise<Trial> {
  const load = { rate: 100, connections: 8 }
  const spec = parseChurn({ load, ...input, arms: ['baseline', 'envoy'], trials: 1 }, profiles.smoke, [])
  const around = {
    ...{ cluster, seed: 7, furtherBlocks: 0, unavailable: {}, onProgress: () => {}, collect: async () => {} },
    step: <T>(_: string, body: () => Promise<T>) => body(),
  }
  const [baseline, envoy] = await conduct(spec, around, churnProcedure(spec))
  expect(envoy).toMatchObject({ skipped: expect.stringContaining('does not follow a Service'), trials: [] })
  expect(baseline?.trials).toHaveLength(1)
  return trialSchema.parse(baseline?.trials[0])
}

test('endpoints and pods are changed under load; what that costs is seen, and nothing is left of it', {
  timeout: 600_000,
}, async ({ skip }) => {
  if (missing !== null) skip(missing)
  const workDir = mkdtempSync(join(tmpdir(), 'churn-test-'))
  const nodes = [{ role: 'control-plane' }, { role: 'worker' }]
  const ref = await providers.kind.provision({ runId: 'test-churn', workDir, settings: { nodes } })
  try {
    await using cluster = await providers.kind.connect(ref)
    const endpoint = await measure(cluster, { change: 'endpoint', every: '4s' })
    expect(endpoint.evidence).toMatchObject({ facts: { requestsSent: 50, requestsAtServer: 50 }, mismatches: [] })
    expect(endpoint.load).toMatchObject({ requests: 1300, errors: {} })
    expect(endpoint.resources.map(({ pod }) => pod)).toEqual(['http-echo', 'other-side'])
    expect(endpoint.churn?.changes).toHaveLength(2)
    for (const { acceptMs, pushMs, settledMs } of endpoint.churn?.changes ?? []) {
      expect(acceptMs).toBeGreaterThan(0)
      expect(pushMs).toBeGreaterThan(0)
      expect(pushMs).toBeLessThan(4000)
      expect(settledMs).toBeLessThan(4000)
    }
    // kube-proxy leaves a connection with the pod that it was opened to.
    expect(endpoint.churn).toMatchObject({ errors: {}, keptPushMs: null })

    const gentle = await measure(cluster, { change: 'rollout', every: '25s' })
    expect(gentle.load.errors).toEqual({})
    expect(gentle.churn).toMatchObject({ errors: {}, keptPushMs: expect.any(Number) })
    expect(gentle.churn?.settledMs).toBeGreaterThan(gentle.churn?.pushMs ?? Number.POSITIVE_INFINITY)

    const abrupt = await measure(cluster, { change: 'rollout', every: '20s', drain: '0s' })
    expect(Object.keys({ ...abrupt.load.errors, ...abrupt.churn?.errors })).not.toEqual([])

    await cluster[Symbol.asyncDispose]()
    if (isKubernetes(cluster)) expect(await namespacesOf(cluster.kube, ref.runId)).toEqual([])
  } finally {
    await providers.kind.destroy(ref)
    await rm(workDir, { recursive: true, force: true })
  }
})
