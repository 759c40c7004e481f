import { expect, test } from '../fixtures/index.ts'

// So few requests a second say little about p99, and cannot rule out an error in 1,000.
test('an mTLS sidecar adds at most 5 ms at p50 to the answer on a batch of 4', async ({ experiment }) => {
  const result = await experiment({
    workload: 'inference',
    load: {
      protocol: 'inference',
      rate: { atMost: 40, utilisation: 0.3 },
      connections: 8,
      inference: { batch: 4 },
    },
  })
  for (const arm of result.treatments) {
    expect(arm).toMeetObjectives({ errorRate: { max: 0.02 } })
    expect(arm).toAddAtMost({ p50Ms: 5 }, { over: 'baseline' })
  }
})

test('an mTLS sidecar delays the first token of a stream by at most 5 ms at p50', async ({ experiment }) => {
  const result = await experiment({
    workload: 'inference',
    load: {
      protocol: 'inference',
      rate: { atMost: 20, utilisation: 0.3 },
      connections: 8,
      inference: { stream: true, tokens: 8 },
    },
  })
  for (const arm of result.treatments) {
    expect(arm).toMeetObjectives({ errorRate: { max: 0.05 } })
    expect(arm).toAddAtMost({ firstMessageP50Ms: 5 }, { over: 'baseline' })
  }
})
