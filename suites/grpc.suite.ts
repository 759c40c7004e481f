import { expect, test } from '../fixtures/index.ts'

test('an mTLS sidecar adds at most 5 ms to a unary gRPC call at p50, and 50 ms at p99', async ({ experiment }) => {
  const result = await experiment({
    workload: 'grpc-echo',
    load: {
      protocol: 'grpc',
      grpc: { method: 'meshmark.Echo/Unary', message: { size: 100 }, streams: 8 },
      rate: { atMost: 1000, utilisation: 0.3 },
      connections: 4,
    },
  })
  for (const arm of result.treatments) {
    expect(arm).toMeetObjectives({ errorRate: { max: 0.005 } })
    expect(arm).toAddAtMost({ p50Ms: 5, p99Ms: 50 }, { over: 'baseline' })
  }
})
