import { expect, test } from '../fixtures/index.ts'

test('a changed endpoint is in force within 1 s', async ({ churn }) => {
  const result = await churn({ change: 'endpoint', load: { rate: 200, connections: 16 } })
  for (const arm of result.arms) {
    expect(arm).toMeetObjectives({ pushMs: { max: 1000 }, settledMs: { max: 1000 }, errorRate: { max: 0.001 } })
  }
})

test('a rollout loses no request', async ({ churn }) => {
  const result = await churn({ change: 'rollout', load: { rate: 200, connections: 16 } })
  for (const arm of result.arms) {
    expect(arm).toMeetObjectives({ errorRate: { max: 0 }, newConnectionErrorRate: { max: 0 } })
  }
})
