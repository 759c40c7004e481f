import { expect } from 'vitest'
import { test } from '../../clusters/testing.ts'
import { measureArms } from '../experiment/measure.ts'
import { profiles } from '../experiment/profiles.ts'
import { quietContext } from '../experiment/testing.ts'
import { churnProcedure } from './procedure.ts'
import { parseChurn } from './spec.ts'

test('where there are no Services every arm is skipped, with the reason', async ({ cluster }) => {
  const spec = parseChurn({ arms: ['baseline', 'envoy'], change: 'endpoint' }, profiles.smoke, [])
  const { arms } = await measureArms(spec, quietContext(cluster), churnProcedure(spec))
  const skipped = 'local has no Services to change; run it with --cluster kind'
  expect(arms).toMatchObject([
    { name: 'baseline', skipped, trials: [] },
    { name: 'envoy', skipped, trials: [] },
  ])
})

test('a mesh that does not follow a Service is skipped, with those that do', () => {
  const spec = parseChurn({ arms: ['baseline', 'envoy'], change: 'rollout' }, profiles.smoke, [])
  const { skipReason } = churnProcedure(spec)
  const kubernetes = { ref: { provider: 'kind' }, kube: {} } as never
  const reasons = spec.arms.map((arm) => skipReason(kubernetes, arm))
  expect(reasons[0]).toBeNull()
  expect(reasons[1]).toMatch(/^envoy does not follow a Service that changes: .*; choose of baseline/)
})
