import { join } from 'node:path'
import { z } from 'zod'
import { notMeasured } from '../histogram.ts'
import type { LoadTool, ToolLoad } from '../tool.ts'
import { wholeRate } from '../tooling/demands.ts'
import { readJson, toolResult } from '../tooling/result.ts'

const kinds = ['connect', 'timeout', 'closed', 'protocol', 'failed', 'http_4xx', 'http_5xx'] as const
const statistics = { meanUs: 'avg', p50Us: 'p(50)', p90Us: 'p(90)', p99Us: 'p(99)', p999Us: 'p(99.9)', maxUs: 'max' }

/** k6's error codes: https://grafana.com/docs/k6/latest/javascript-api/error-codes/ */
const script = (load: ToolLoad) => `import http from 'k6/http'
import { Counter } from 'k6/metrics'
export const options = ${JSON.stringify(optionsOf(load))}
const counters = {}
for (const kind of ${JSON.stringify(kinds)}) counters[kind] = new Counter('meshmark_' + kind)
function kindOf(code) {
  if (code === 1050) return 'timeout'
  if (code >= 1100 && code < 1220) return 'connect'
  if (code === 1220) return 'closed'
  if (code >= 1400 && code < 1500) return 'http_4xx'
  if (code >= 1500 && code < 1600) return 'http_5xx'
  if (code >= 1600 && code < 1700) return 'protocol'
  return 'failed'
}
const params = ${JSON.stringify({ headers: load.headers, timeout: load.timeout, redirects: 0 })}
const body = ${JSON.stringify(load.body === '' ? null : load.body)}
export default function () {
  const { error_code } = http.request(${JSON.stringify(load.method)}, ${JSON.stringify(load.url)}, body, params)
  if (error_code !== 0) counters[kindOf(error_code)].add(1)
}
export function handleSummary(data) {
  return { stdout: JSON.stringify(data) }
}
`

function optionsOf({ rate, connections, duration, timeout, keepAlive }: ToolLoad) {
  const common = { duration: `${duration}ms`, gracefulStop: `${timeout}ms` }
  const closed = { executor: 'constant-vus', vus: connections, ...common }
  const open = { executor: 'constant-arrival-rate', rate, preAllocatedVUs: connections, maxVUs: connections, ...common }
  return {
    scenarios: { load: rate === undefined ? closed : open },
    summaryTrendStats: ['count', ...Object.values(statistics)],
    discardResponseBodies: true,
    noConnectionReuse: !keepAlive,
    systemTags: [],
  }
}

const counter = z.object({ values: z.object({ count: z.number().nonnegative() }) }).optional()
const summary = z.object({
  state: z.object({ testRunDurationMs: z.number().positive() }),
  metrics: z
    .object({
      http_reqs: counter,
      http_req_duration: z.object({ values: z.record(z.string(), z.number()) }).optional(),
      data_received: counter,
      dropped_iterations: counter,
      ...Object.fromEntries(kinds.map((kind) => [`meshmark_${kind}`, counter])),
    })
    .loose(),
})

/** k6: HTTP, each virtual user with a connection of its own. It writes its result in a script of ours. */
export const k6: LoadTool = {
  program: { title: 'k6', name: 'k6', versionArgs: ['version'], answer: /^k6(?:\.exe)? v?(\d\S*)/ },
  remedy: 'go install go.k6.io/k6@v1.8.1',
  protocols: ['http'],
  follows: {
    rate: wholeRate,
    threads: null,
    timeout: null,
    keepAlive: null,
    method: null,
    headers: null,
    body: null,
  },
  flags: {
    '--dns': /^[\w=,.]{1,100}$/,
    '--local-ips': /^\d[\d.,/:a-f-]{0,199}$/,
    '--user-agent': /^\w[\w ./()-]{0,99}$/,
  },
  distortions: [
    'latencies count from the actual send and end with the last byte; the script that ran before and after is not in them',
    'a rate is that of the starts of the script; what found no free virtual user is dropped and counted as unsent',
    'the time is that of the whole run, in which virtual users start and finish their last request',
  ],
  command(load, dir) {
    const flags = ['--quiet', '--no-usage-report', '--no-color', '--address=']
    return {
      args: ['run', ...flags, ...load.toolArgs, join(dir, 'load.js')],
      // It would take every core.
      env: { GOMAXPROCS: `${load.threads}` },
      files: { 'load.js': script(load) },
    }
  },
  parse({ stdout }, load) {
    const { state, metrics } = readJson(summary, stdout, 'k6')
    const countOf = (name: keyof typeof metrics) => (metrics[name] as z.output<typeof counter>)?.values.count ?? 0
    const errors = Object.fromEntries(kinds.map((kind) => [kind, countOf(`meshmark_${kind}`)]))
    const requests = countOf('http_reqs')
    const unsent = countOf('dropped_iterations')
    const unanswered = kinds.reduce((sum, kind) => sum + (kind.startsWith('http_') ? 0 : (errors[kind] ?? 0)), 0)
    const values = metrics.http_req_duration?.values
    const us = (statistic: string) => (values?.[statistic] === undefined ? null : values[statistic] * 1000)
    const figures = Object.fromEntries(Object.entries(statistics).map(([name, one]) => [name, us(one)])) as Record<
      keyof typeof statistics,
      number | null
    >
    return toolResult(load, {
      requests: requests + unsent,
      replies: requests - unanswered,
      errors: { ...errors, unsent },
      serviceTime: requests === 0 ? notMeasured : { count: requests, ...figures, histogram: '' },
      bytesReceived: metrics.data_received ? countOf('data_received') : null,
      durationMs: state.testRunDurationMs,
    })
  },
}
