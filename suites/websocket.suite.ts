import { expect, test } from '../fixtures/index.ts'

test('an mTLS sidecar adds at most 2 ms to a message and its echo at p99', async ({ experiment }) => {
  const result = await experiment({
    workload: 'ws-echo',
    load: { protocol: 'websocket', rate: 1000, connections: 32 },
  })
  for (const arm of result.treatments) {
    expect(arm).toMeetObjectives({ p99Ms: { max: 10 }, errorRate: { max: 0.001 } })
    expect(arm).toAddAtMost({ p99Ms: 2 }, { over: 'baseline' })
  }
})
