import { expect, test } from '../fixtures/index.ts'

test('a mesh keeps at least a tenth of the TCP throughput', async ({ experiment }) => {
  const result = await experiment({
    workload: 'stream-receiver',
    load: { protocol: 'tcp', connections: 4 },
  })
  for (const arm of result.treatments) expect(arm).toKeepAtLeast({ bitsPerSecond: 0.1 })
})

test('of 100 Mbit/s in UDP datagrams at most 0.1 % are lost', async ({ experiment }) => {
  const result = await experiment({
    workload: 'stream-receiver',
    load: { protocol: 'udp', connections: 4, stream: { bitrate: '100Mbit' } },
  })
  for (const arm of result.arms) expect(arm).toMeetObjectives({ lossRate: { max: 0.001 } })
})
