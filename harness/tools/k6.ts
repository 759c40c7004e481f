import { join } from 'node:path'
import { z } from 'zod'
import { notMeasured } from '../load/result/histogram.ts'
import { distinctHeaders, httpFields, tlsWith, wholeRate } from './constraints.ts'
import { errorKindsOfK6, k6Script, statistics } from './k6-script.ts'
import { readJson, toolResult } from './result.ts'
import type { LoadTool } from './tool.ts'

const counter = z.object({ values: z.object({ count: z.number().nonnegative() }) }).optional()
const summary = z.object({
  state: z.object({ testRunDurationMs: z.number().positive() }),
  metrics: z
    .object({
      http_reqs: counter,
      http_req_duration: z.object({ values: z.record(z.string(), z.number()) }).optional(),
      ws_msgs_received: counter,
      ws_sessions: counter,
      data_received: counter,
      dropped_iterations: counter,
      ...Object.fromEntries(errorKindsOfK6.map((kind) => [`meshmark_${kind}`, counter])),
    })
    .loose(),
})

const echo = ({ mode }: { mode: string }) => (mode === 'echo' ? null : 'mode echo')

/** k6: HTTP and WebSocket, each virtual user with a connection of its own. It writes its result in a script of ours. */
export const k6: LoadTool = {
  program: { title: 'k6', name: 'k6', versionArgs: ['version'], answer: /^k6(?:\.exe)? v?(\d\S*)/ },
  remedy: 'put your own on the PATH; meshmark does not install it',
  usersOwn: true,
  protocols: ['http', 'websocket'],
  follows: {
    ...httpFields,
    headers: distinctHeaders,
    rate: (rate: unknown, { protocol }) => (protocol === 'http' ? wholeRate(rate) : `none over ${protocol}`),
    timeout: null,
    tls: tlsWith(),
    websocket: echo,
  },
  flags: {
    '--dns': /^[\w=,.]{1,100}$/,
    '--local-ips': /^\d[\d.,/:a-f-]{0,199}$/,
    '--user-agent': /^\w[\w ./()-]{0,99}$/,
  },
  distortions: [
    'a request whose connection the server closes is sent again on another, and counted once, as no error',
    'latencies count from the actual send and end with the last byte; the script that ran before and after is not in them; messages of WebSockets have none',
    'a rate is that of the starts of the script; what found no free virtual user is dropped and counted as unsent',
    'the time is that of the whole run, in which virtual users start and finish their last request',
  ],
  command(load, dir) {
    const flags = ['--quiet', '--no-usage-report', '--no-color', '--address=']
    return {
      args: ['run', ...flags, ...load.toolArgs, join(dir, 'load.js')],
      // It would take every core.
      env: { GOMAXPROCS: `${load.threads}` },
      files: { 'load.js': k6Script(load) },
    }
  },
  parse({ stdout }, load) {
    const { state, metrics } = readJson(summary, stdout, 'k6')
    const countOf = (name: keyof typeof metrics) => (metrics[name] as z.output<typeof counter>)?.values.count ?? 0
    const errors = Object.fromEntries(errorKindsOfK6.map((kind) => [kind, countOf(`meshmark_${kind}`)]))
    const unanswered = errorKindsOfK6.reduce(
      (sum, kind) => sum + (kind.startsWith('http_') ? 0 : (errors[kind] ?? 0)),
      0,
    )
    const overHttp = load.protocol === 'http'
    const replies = overHttp ? countOf('http_reqs') - unanswered : countOf('ws_msgs_received')
    const unsent = countOf('dropped_iterations')
    const values = metrics.http_req_duration?.values
    const us = (statistic: string) => (values?.[statistic] === undefined ? null : values[statistic] * 1000)
    const figures = Object.fromEntries(Object.entries(statistics).map(([name, one]) => [name, us(one)])) as Record<
      keyof typeof statistics,
      number | null
    >
    return toolResult(load, {
      requests: replies + unanswered + unsent,
      replies,
      errors: { ...errors, unsent },
      serviceTime: values ? { count: replies + unanswered, ...figures, histogram: '' } : notMeasured,
      bytesReceived: metrics.data_received ? countOf('data_received') : null,
      ...(overHttp ? {} : { connections: countOf('ws_sessions') }),
      durationMs: state.testRunDurationMs,
    })
  },
}
