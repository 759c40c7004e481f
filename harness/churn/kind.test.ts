import { expect, test } from 'vitest'
import { meshes } from '../../clusters/meshes/index.ts'
import { kind } from '../../clusters/providers/kind.ts'
import { sharedCluster } from '../../clusters/testing-kind.ts'
import { type Trial, trialSchema } from '../../reports/record.ts'
import { measureArms } from '../experiment/measure.ts'
import { profiles } from '../experiment/profiles.ts'
import { quietContext } from '../experiment/testing.ts'
import { churnProcedure } from './procedure.ts'
import { type ChurnInput, parseChurn } from './spec.ts'

const shared = sharedCluster('test-churn')

/** One trial of each arm: baseline, then `meshed`. */
async function measure(input: Omit<ChurnInput, 'arms' | 'trials'>, ...meshed: ('envoy' | 'istio')[]): Promise<Trial[]> {
  const load = { rate: 100, connections: 8 }
  const arms = ['baseline', ...meshed] as const
  const spec = { ...parseChurn({ load, ...input, arms: [...arms] }, profiles.smoke, []), trials: 1 }
  const { arms: measured } = await measureArms(spec, quietContext(shared.cluster), churnProcedure(spec))
  const envoy = measured.find(({ name }) => name === 'envoy')
  if (envoy) expect(envoy).toMatchObject({ skipped: expect.stringContaining('does not follow a Service'), trials: [] })
  return measured.flatMap(({ trials }) => trials.map((trial) => trialSchema.parse(trial)))
}

test('endpoints are changed under load, on Istio too', { timeout: 300_000 }, async (context) => {
  shared.needed(context)
  const istio = await meshes.istio.available(kind.traits)
  const trials = await measure(
    { change: 'endpoint', every: '3s' },
    'envoy',
    ...(istio.available ? ['istio' as const] : []),
  )
  for (const { arm, evidence, load, churn } of trials) {
    expect(evidence).toMatchObject({ facts: { requestsSent: 50 }, mismatches: [] })
    expect(load).toMatchObject({ requests: 1100, errors: {} })
    expect(churn).toMatchObject({ errors: {} })
    expect(churn?.changes).toHaveLength(2)
    for (const { acceptMs, pushMs, settledMs } of churn?.changes ?? []) {
      expect(acceptMs).toBeGreaterThan(0)
      expect(pushMs).toBeGreaterThan(0)
      expect(pushMs).toBeLessThan(3000)
      expect(settledMs).toBeLessThan(3000)
    }
    // kube-proxy leaves a connection with the pod that it was opened to; a proxy asks for each request anew.
    expect(churn?.keptPushMs).toEqual(arm === 'istio' ? expect.any(Number) : null)
  }
  expect(trials[0]?.resources.map(({ pod }) => pod)).toEqual(['http-echo', 'other-side'])
  if (!istio.available) context.skip(`baseline was tried; ${istio.reason}; ${istio.remedy}`)
})

test('pods are replaced under load: those that drain lose no request', { timeout: 300_000 }, async (context) => {
  shared.needed(context)
  const [gentle] = await measure({ change: 'rollout', every: '9s', drain: '3s' })
  expect(gentle?.load.errors).toEqual({})
  expect(gentle?.churn).toMatchObject({ errors: {}, keptPushMs: expect.any(Number) })
  // No time is more exact than the longest pause between requests of the sampler.
  const { pushMs, settledMs, longestPauseMs } = gentle?.churn ?? {}
  expect((settledMs ?? 0) + (longestPauseMs ?? 0)).toBeGreaterThan(pushMs ?? Number.POSITIVE_INFINITY)

  const [abrupt] = await measure({ change: 'rollout', every: '6s', drain: '0s' })
  expect(Object.keys({ ...abrupt?.load.errors, ...abrupt?.churn?.errors })).not.toEqual([])
})
