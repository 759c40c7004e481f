import { expect, test } from '../fixtures/index.ts'

test('every way to a pod adds at most 2 ms at p99 to its own address on the same node', async ({ experiment }) => {
  const result = await experiment({
    arms: [
      { path: 'pod-ip', nodes: 'same' },
      { path: 'cluster-ip', nodes: 'same' },
      { path: 'headless', nodes: 'same' },
      { path: 'node-port', nodes: 'same' },
      { path: 'pod-ip', nodes: 'apart' },
      { path: 'cluster-ip', nodes: 'apart' },
      { path: 'headless', nodes: 'apart' },
      { path: 'node-port', nodes: 'apart' },
    ],
    workload: 'http-echo',
    load: { protocol: 'http', rate: 500, connections: 16 },
  })
  for (const arm of result.treatments) {
    expect(arm).toMeetObjectives({ errorRate: { max: 0.001 } })
    expect(arm).toAddAtMost({ p99Ms: 2 })
  }
})
