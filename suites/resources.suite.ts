import { expect, test } from '../fixtures/index.ts'

for (const atMost of [250, 1000])
  test(`at up to ${atMost} requests/s a mesh takes at most 2 ms of CPU a request and 250 MiB`, async ({
    experiment,
  }) => {
    const result = await experiment({
      workload: 'http-echo',
      load: { protocol: 'http', rate: { atMost, utilisation: 0.3 }, connections: 16 },
    })
    for (const arm of result.treatments) {
      expect(arm).toMeetObjectives({ errorRate: { max: 0.01 } })
      expect(arm).toAddAtMost({ cpuUsPerRequest: 2000, memoryBytes: 250 * 1024 * 1024 })
    }
  })
