import { z } from 'zod'
import { notMeasured } from '../load/result/histogram.ts'
import { readJson, toolResult } from '../tools/result.ts'
import type { LoadTool } from '../tools/tool.ts'

const count = z.int().nonnegative()
const report = z.object({
  requests: z.object({ total: count }),
  duration: z.number().positive(),
  errors: count,
  non2xx: count,
  throughput: z.object({ total: count }),
})

/** autocannon, which is compared with and makes no load of suites. Its latencies are in whole milliseconds: left out. */
export const autocannon: LoadTool = {
  program: {
    title: 'autocannon',
    name: 'autocannon',
    versionArgs: ['--version'],
    answer: /^autocannon v(\S+)/,
  },
  remedy: 'npm install --save-dev autocannon, and run this through npm',
  protocols: ['http'],
  follows: {},
  flags: {},
  distortions: [],
  command: ({ url, connections, durationMs }) => ({
    args: ['-c', `${connections}`, '-d', `${durationMs / 1000}`, '-p', '1', '-j', url],
  }),
  parse({ stdout }, load) {
    const { requests, duration, errors, non2xx, throughput } = readJson(report, stdout, 'autocannon')
    return toolResult(load, {
      requests: requests.total + errors,
      replies: requests.total,
      errors: { failed: errors, http_status: non2xx },
      serviceTime: notMeasured,
      bytesReceived: throughput.total,
      durationMs: duration * 1000,
    })
  },
}
