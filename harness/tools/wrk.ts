import { z } from 'zod'
import { HarnessError } from '../errors.ts'
import type { TlsFields } from '../load/plan.ts'
import { notMeasured } from '../load/result/histogram.ts'
import { distinctHeaders, httpFields, unverifiedTls, wholeSeconds } from './constraints.ts'
import { readJson, toolResult } from './result.ts'
import type { LoadTool } from './tool.ts'

const mark = 'meshmark '

/** Every byte as its number, so that nothing in a text can end the string. */
const luaString = (text: string) =>
  `"${[...Buffer.from(text)].map((byte) => `\\${`${byte}`.padStart(3, '0')}`).join('')}"`

const script = (method: string, body: string) => `wrk.method = ${luaString(method)}
${body === '' ? '' : `wrk.body = ${luaString(body)}`}
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\\n${mark}{"durationUs":%.0f,"requests":%.0f,"bytes":%.0f', summary.duration, summary.requests, summary.bytes))
  io.write(string.format(',"connect":%.0f,"read":%.0f,"write":%.0f,"status":%.0f,"timeout":%.0f', e.connect, e.read, e.write, e.status, e.timeout))
  if summary.requests > 0 then
    io.write(string.format(',"latency":{"meanUs":%.3f,"p50Us":%.0f,"p90Us":%.0f,"p99Us":%.0f,"p999Us":%.0f,"maxUs":%.0f}',
      latency.mean, latency:percentile(50), latency:percentile(90), latency:percentile(99), latency:percentile(99.9), latency.max))
  end
  io.write('}\\n')
end
`

const count = z.int().nonnegative()
const us = z.number()
const summary = z.object({
  durationUs: us.positive(),
  requests: count,
  bytes: count,
  connect: count,
  read: count,
  write: count,
  status: count,
  timeout: count,
  latency: z.object({ meanUs: us, p50Us: us, p90Us: us, p99Us: us, p999Us: us, maxUs: us }).optional(),
})

/** wrk: HTTP/1.1, closed loop. It writes its result in a Lua script of ours. */
export const wrk: LoadTool = {
  program: {
    title: 'wrk',
    name: 'wrk',
    versionArgs: ['-v'],
    answer: /^wrk (\S+)/,
    versionExitCode: 1,
  },
  remedy: 'apt-get install wrk',
  protocols: ['http'],
  follows: {
    ...httpFields,
    headers: distinctHeaders,
    duration: wholeSeconds,
    warmUp: wholeSeconds,
    timeout: wholeSeconds,
    tls: (tls: TlsFields, { keepAlive }) =>
      unverifiedTls(tls) ?? (keepAlive ? null : 'none without keepAlive: it resumes sessions'),
  },
  reasons: { rate: 'none: wrk has no open loop, it sends the next request after the reply' },
  flags: {},
  distortions: [
    'wrk adds samples for requests that it would have sent at a constant rate during slow replies: its percentiles are partly synthetic',
    'latencies count from the actual send',
    'statuses of 4xx and 5xx are not told apart',
    'a request that is late is counted as a timeout and goes on: its reply may be counted as well',
    'requests under way at the end are not counted',
  ],
  command({ url, connections, threads, durationMs, timeoutMs, keepAlive, method, headers, body }, dir) {
    const lines = [...headers, ...(keepAlive ? [] : [['Connection', 'close']])]
    return {
      args: [
        ...['-t', `${Math.min(threads, connections)}`, '-c', `${connections}`],
        ...['-d', `${durationMs / 1000}s`, '--timeout', `${timeoutMs / 1000}s`, '-s', `${dir}/done.lua`],
        ...lines.flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
        url,
      ],
      files: { 'done.lua': script(method, body) },
    }
  },
  parse({ stdout }, load) {
    const line = stdout.split('\n').find((one) => one.startsWith(mark))
    if (line === undefined)
      throw new HarnessError('LOAD_FAILED', `no result of wrk in ${JSON.stringify(stdout.slice(0, 300))}`)
    const { durationUs, requests, bytes, connect, read, write, status, timeout, latency } = readJson(
      summary,
      line.slice(mark.length),
      'wrk',
    )
    return toolResult(load, {
      requests: requests + connect + read + write + timeout,
      replies: requests,
      errors: { connect, closed: read + write, http_status: status, timeout },
      // The samples that wrk adds are not requests: the count is theirs without.
      serviceTime: latency === undefined ? notMeasured : { count: requests, ...latency, histogram: '' },
      bytesReceived: bytes,
      durationMs: durationUs / 1000,
    })
  },
}
