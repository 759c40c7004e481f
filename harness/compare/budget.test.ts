import { expect, test } from 'vitest'
import { budgetSchema } from '../budgets/budget.ts'
import { budgetOf, defaultBudgets, limitsOverMergeBase } from './budget.ts'

test('a percentage limits the ratio, anything else the difference', () => {
  expect(budgetOf('p50Ms:+5%')).toEqual({ kind: 'share', indicator: 'p50Ms', limit: { max: 1.05 } })
  expect(budgetOf('achievedRate:-10%')).toEqual({ kind: 'share', indicator: 'achievedRate', limit: { min: 0.9 } })
  expect(budgetOf('p99Ms:+2ms')).toEqual({ kind: 'budget', indicator: 'p99Ms', limit: { max: 2 } })
  expect(budgetOf('p99.9Ms:+500us')).toEqual(budgetOf('p99.9Ms:+0.5ms'))
  expect(budgetOf('errorRate:+0.001')).toEqual({ kind: 'budget', indicator: 'errorRate', limit: { max: 0.001 } })
  for (const one of defaultBudgets) expect(budgetOf(one)).toMatchObject({ limit: {} })
})

test.for([
  ['p50Ms', /such as p50Ms:\+5%/],
  ['p50Ms:fast', /"\+5%"/],
  ['p50:+5%', /no such indicator; one of: .*p99Ms/],
  ['p50Ms:+5MB', /p50Ms is in ms/],
  ['p50Ms:-5%', /"\+…" or 0: p50Ms is better when lower/],
  ['achievedRate:-100%', /less than 100 %/],
  ['errorRate:+1%', /such as errorRate:\+0\.001/],
  ['errorRate:+5', /a share from 0 to 1/],
] as const)('wrong budgets: %s', ([text, message]) => {
  expect(budgetOf(text)).toMatch(message)
})

test('budgets of the project over a merge base are limits on the candidate, where they are on the comparison', () => {
  const over = { over: 'merge-base', atMost: '+5%' } as const
  const budgets = [
    { indicator: 'p50Ms', ...over },
    { indicator: 'p99Ms', suite: 'compare', test: 'server.js', over: 'merge-base', atMost: '+2ms' },
    { indicator: 'p90Ms', suite: 'http', ...over },
    { indicator: 'p95Ms', arm: 'envoy', ...over },
    { indicator: 'p999Ms', environment: { cluster: 'kind' }, ...over },
    { indicator: 'errorRate', max: 0.01 },
  ].map((written) => budgetSchema.parse(written))
  const place = { cluster: 'local', architecture: 'x64', cpuModel: 'any' }
  expect(limitsOverMergeBase(budgets, { suite: 'compare', test: 'server.js' }, place)).toEqual([
    { kind: 'share', indicator: 'p50Ms', limit: { max: 1.05 } },
    { kind: 'budget', indicator: 'p99Ms', limit: { max: 2 } },
  ])
})
