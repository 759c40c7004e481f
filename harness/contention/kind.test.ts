import { expect, test } from 'vitest'
import { sharedCluster } from '../../clusters/testing-kind.ts'
import { indicatorOf } from '../../reports/indicators.ts'
import { trialSchema } from '../../reports/record.ts'
import { measureArms } from '../experiment/measure.ts'
import { profiles } from '../experiment/profiles.ts'
import { quietContext } from '../experiment/testing.ts'
import { contentionMissing } from './availability.ts'
import { contentionProcedure } from './procedure.ts'
import { parseContention } from './spec.ts'

const shared = sharedCluster('test-contention')

test('on kind the pod’s weight goes with its priority, and its run queue is seen', {
  timeout: 300_000,
}, async (context) => {
  shared.needed(context)
  const missing = await contentionMissing(shared.cluster)
  if (missing !== null) return context.skip(missing)
  const strategies = [{ selector: 'app=http-echo', priority: 10 }]
  const load = { rate: 100, connections: 4, duration: '2s', warmUp: '500ms' }
  const spec = { ...parseContention({ strategies, competitors: 2, load }, profiles.smoke), trials: 1 }
  const { arms } = await measureArms(spec, quietContext(shared.cluster), contentionProcedure(spec, missing))
  expect(arms.map(({ skipped }) => skipped)).toEqual([null, null])
  const trials = arms.flatMap((arm) => arm.trials.map((trial) => trialSchema.parse(trial)))
  for (const trial of trials) {
    const { load: result, contention, evidence, kernel } = trial
    expect(result).toMatchObject({ requests: 200, errors: {} })
    expect(evidence).toMatchObject({ mismatches: [] })
    expect(kernel?.readings).toMatchObject([{ probe: 'runqueue', series: expect.any(Array) }])
    expect(indicatorOf('runqueueP99Us')?.of(trial)).toBeGreaterThan(0)
    expect(contention?.competitorsCpuMs).toBeGreaterThan(200)
  }
  expect(trials.map(({ contention }) => contention?.weights)).toEqual([0, 1])
  // The program at least, and what holds the pod's namespaces.
  expect(trials[0]?.contention?.processes).toBe(0)
  expect(trials[1]?.contention?.processes).toBeGreaterThanOrEqual(2)
})
