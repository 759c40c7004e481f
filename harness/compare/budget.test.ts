import { expect, test } from 'vitest'
import { budgetOf, defaultBudgets } from './budget.ts'

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
