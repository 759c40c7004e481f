import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { HarnessError } from '../../errors.ts'
import { emptyRecorder } from '../histogram.ts'
import type { LoadTool } from '../tool.ts'
import { readJson, toolResult } from '../tooling/result.ts'

const reportName = 'report.json'
const mostDetails = 1_000_000

const ns = z.number().nonnegative()
const report = z.object({
  count: z.int().nonnegative(),
  total: ns.positive(),
  details: z.array(z.object({ latency: ns, error: z.string(), status: z.string() })).nullish(),
})

/** ghz: gRPC calls. What is called is not told yet: no load of ours has a method. */
export const ghz: LoadTool = {
  program: { title: 'ghz', name: 'ghz', versionArgs: ['--version'], answer: /^v?(\S+)$/ },
  remedy: 'go install github.com/bojand/ghz/cmd/ghz@v0.93.0',
  protocols: ['grpc'],
  follows: { rate: null, threads: null, timeout: null, headers: null },
  reasons: {},
  flags: {
    '--enable-compression': null,
    '--lb-strategy': /^(pick_first|round_robin)$/,
    '--skipFirst': /^\d{1,6}$/,
  },
  distortions: [
    'latencies count from the actual send: what waited for a busy worker is not in them (coordinated omission)',
    `percentiles come from the details of single calls, of which ghz keeps ${mostDetails.toLocaleString('en-US')}`,
    'calls under way at the end are waited for',
  ],
  command({ url, rate, connections, threads, duration, timeout, headers, toolArgs }, dir) {
    const { host, protocol } = new URL(url)
    return {
      args: [
        ...[...(protocol === 'grpcs:' ? [] : ['--insecure']), '--format', 'json', '--output', join(dir, reportName)],
        ...['--duration', `${duration}ms`, '--duration-stop', 'wait', '--timeout', `${timeout}ms`],
        ...['--concurrency', `${connections}`, '--connections', `${connections}`, '--cpus', `${threads}`],
        ...[...(rate === undefined ? [] : ['--rps', `${rate}`]), '--metadata', JSON.stringify(headers)],
        ...[...toolArgs, host],
      ],
    }
  },
  async parse({ dir }, load) {
    const { count, total, details } = readJson(report, await readFile(join(dir, reportName), 'utf8'), 'ghz')
    if (count > mostDetails)
      throw new HarnessError(
        'LOAD_FAILED',
        `ghz made ${count} calls and keeps the details of ${mostDetails}: its percentiles would be those of the first ones; ask for a shorter duration or a lower rate`,
      )
    const recorder = emptyRecorder()
    const errors: Record<string, number> = {}
    for (const { latency, status } of details ?? []) {
      if (status === 'OK') recorder.record(latency)
      else errors[kindOf(status)] = (errors[kindOf(status)] ?? 0) + 1
    }
    const serviceTime = recorder.toDistribution()
    return toolResult(load, {
      requests: count,
      replies: serviceTime.count,
      errors,
      serviceTime,
      bytesReceived: null,
      durationMs: total / 1e6,
    })
  },
}

const kindOf = (status: string) =>
  status === 'DeadlineExceeded' ? 'timeout' : status === 'Unavailable' ? 'connect' : 'failed'
