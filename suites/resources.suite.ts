import { expect, test } from '../fixtures/index.ts'

for (const rate of [250, 1000])
  test(`at ${rate} requests/s a mesh takes at most 1 ms of CPU a request and 150 MiB`, async ({ experiment }) => {
    const result = await experiment({
      workload: 'http-echo',
      load: { protocol: 'http', rate, connections: 16 },
    })
    for (const arm of result.treatments) {
      expect(arm).toMeetObjectives({ errorRate: { max: 0.001 } })
      expect(arm).toAddAtMost({ cpuUsPerRequest: 1000, memoryBytes: 150 * 1024 * 1024 })
    }
  })
