import { expect, test } from '../fixtures/index.ts'

test('up to 4,000/s a mesh keeps at least a quarter of the rate that is served within 50 ms at p99', async ({
  experiment,
}) => {
  const result = await experiment({
    workload: 'http-echo',
    // A trial makes half a dozen of these loads.
    load: { protocol: 'http', connections: 32, duration: '300ms', warmUp: '100ms' },
    search: {
      keeping: { p99Ms: { max: 50 }, errorRate: { max: 0.001 } },
      ...{ from: 250, to: 4000, resolution: 0.5 },
    },
  })
  for (const arm of result.treatments) expect(arm).toKeepAtLeast({ sustainedRate: 0.25 })
})
