import { expect, test } from 'vitest'
import type { StatedLimit } from '../verdict/stated.ts'
import { parseOptions } from './options.ts'
import { planExperiment } from './plan.ts'

const options = parseOptions({ budgets: [{ indicator: 'p99Ms', over: 'control', atMost: '+5%' }] })
const input = { workload: 'http-echo', load: { rate: 100 } } as const
const stated: StatedLimit = { kind: 'objective', indicator: 'p50Ms', limit: { max: 1 } }
const budget: StatedLimit = { kind: 'objective', indicator: 'runqueueP99Us', limit: { max: 900 }, treatments: true }

test('budgets join what a suite states, and ask for the probes that see them', () => {
  expect(options.budgets[0]).toMatchObject({ form: 'control', relative: true, limit: { max: 1.05 } })
  const planned = planExperiment({ options }, input, [stated], [budget])
  expect(planned.limits).toEqual([stated, budget])
  expect(planned.spec.probes).toEqual(['runqueue'])
  // What a suite computes, nobody knows before the end.
  const unknown = planExperiment({ options }, input, null, [budget])
  expect([unknown.limits, unknown.spec.probes]).toEqual([null, ['runqueue']])
})

test('wrong budgets of the configuration are refused as any option is', () => {
  expect(() => parseOptions({ budgets: [{ indicator: 'p99', max: 1 }, { indicator: 'p50Ms' }] })).toThrow(
    /^meshmark\(\): 2 wrong fields\n {2}budgets\.0\.indicator: received "p99"; no such indicator.*\n {2}budgets\.1\.max: received nothing/,
  )
})
