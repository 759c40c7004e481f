import { expect, test } from '../fixtures/index.ts'

test('a mesh keeps at least a quarter of the rate that is served within 20 ms at p99', async ({ experiment }) => {
  const result = await experiment({
    workload: 'http-echo',
    load: { protocol: 'http', connections: 32 },
    search: { keeping: { p99Ms: { max: 20 }, errorRate: { max: 0.001 } } },
  })
  for (const arm of result.treatments) expect(arm).toKeepAtLeast({ sustainedRate: 0.25 })
})
