import { availableParallelism } from 'node:os'
import { expect, test } from 'vitest'
import { streamClients } from './streams.ts'

const cores = availableParallelism()

test.skipIf(process.platform !== 'linux' || cores < 2).for(Object.entries(streamClients))(
  '%s sends datagrams from one core to another',
  { timeout: 60_000 },
  async ([, client], { skip }) => {
    const missing = await client.missing()
    if (missing) skip(`${missing.reason}; ${missing.remedy}`)
    const { signal } = new AbortController()
    const job = { segmentBytes: 1000, bitsPerSecond: 8e6, seconds: 1, senderCore: 1, receiverCore: 0, signal }
    const { bitsPerSecond, lossRate } = await client.run(job)
    expect(bitsPerSecond).toBeGreaterThan(4e6)
    expect(bitsPerSecond).toBeLessThan(9e6)
    expect(lossRate).toBeLessThan(0.5)
  },
)
