import { expect, test } from '../fixtures/index.ts'

test('every way to a pod adds at most 2 ms at p50 to its own address on the same node', async ({ experiment }) => {
  const result = await experiment({
    arms: [
      { path: 'pod-ip', client: 'same-node' },
      { path: 'cluster-ip', client: 'same-node' },
      { path: 'headless', client: 'same-node' },
      { path: 'node-port', client: 'same-node' },
      { path: 'pod-ip', client: 'other-node' },
      { path: 'cluster-ip', client: 'other-node' },
      { path: 'headless', client: 'other-node' },
      { path: 'node-port', client: 'other-node' },
    ],
    workload: 'http-echo',
    load: { protocol: 'http', rate: { atMost: 500, utilisation: 0.3 }, connections: 16 },
  })
  for (const arm of result.treatments) {
    expect(arm).toMeetObjectives({ errorRate: { max: 0.01 } })
    expect(arm).toAddAtMost({ p50Ms: 2 })
  }
})
