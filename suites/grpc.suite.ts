import { expect, test } from '../fixtures/index.ts'

test('an mTLS sidecar adds at most 3 ms to the p99 of a unary gRPC call', async ({ experiment }) => {
  const result = await experiment({
    workload: 'grpc-echo',
    load: {
      protocol: 'grpc',
      grpc: { method: 'meshmark.Echo/Unary', message: { size: 100 }, streams: 8 },
      rate: 1000,
      connections: 4,
    },
  })
  for (const arm of result.treatments) {
    expect(arm).toMeetObjectives({ p99Ms: { max: 10 }, errorRate: { max: 0.001 } })
    expect(arm).toAddAtMost({ p99Ms: 3 }, { over: 'baseline' })
  }
})
