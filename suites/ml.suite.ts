import { expect, test } from '../fixtures/index.ts'

test('an mTLS sidecar adds at most 3 ms at p99 to the answer on a batch of 4', async ({ experiment }) => {
  const result = await experiment({
    workload: 'inference',
    load: { protocol: 'inference', rate: 40, connections: 8, inference: { batch: 4 } },
  })
  for (const arm of result.treatments) {
    expect(arm).toMeetObjectives({ errorRate: { max: 0.001 } })
    expect(arm).toAddAtMost({ p99Ms: 3 }, { over: 'baseline' })
  }
})

test('an mTLS sidecar delays the first token of a stream by at most 3 ms at p99', async ({ experiment }) => {
  const result = await experiment({
    workload: 'inference',
    load: { protocol: 'inference', rate: 20, connections: 8, inference: { stream: true, tokens: 8 } },
  })
  for (const arm of result.treatments) {
    expect(arm).toMeetObjectives({ errorRate: { max: 0.001 } })
    expect(arm).toAddAtMost({ firstMessageP99Ms: 3 }, { over: 'baseline' })
  }
})
