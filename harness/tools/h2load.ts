import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Distribution } from '../../reports/load-result.ts'
import { HarnessError } from '../errors.ts'
import { defaultStreams } from '../load/protocols/limits.ts'
import { notMeasured, toDistribution } from '../load/result/histogram.ts'
import { emptyRecorder } from '../load/result/recorder.ts'
import { constantRate, unverifiedTls } from './constraints.ts'
import { toolResult } from './result.ts'
import type { LoadTool } from './tool.ts'

/** As the engine has it. */
const logName = 'requests.tsv'

/** nghttp2's h2load: HTTP/1.1 without pipelining, and HTTP/2. Its summary has no percentiles: they come from its log of requests. */
export const h2load: LoadTool = {
  program: { title: 'h2load', name: 'h2load', versionArgs: ['--version'], answer: /^h2load nghttp2\/(\S+)/ },
  remedy: 'apt-get install nghttp2-client',
  protocols: ['http', 'http2'],
  follows: {
    http2: null,
    rate: constantRate,
    threads: null,
    method: null,
    headers: null,
    body: null,
    tls: unverifiedTls,
  },
  reasons: {
    timeout: 'left out: h2load has no timeout of a request',
    keepAlive: 'left out: h2load keeps its connections',
  },
  flags: {
    '--window-bits': /^\d{1,2}$/,
    '--connection-window-bits': /^\d{1,2}$/,
    '--header-table-size': /^\d{1,7}K?$/,
    '--encoder-header-table-size': /^\d{1,7}K?$/,
  },
  distortions: [
    'latencies count from the actual send: what waited for a busy connection is not in them (coordinated omission)',
    'it has no timeout of a request',
    'a connection that the server closes is not opened again, and the requests on it are no errors: there is less load from then on',
    'it writes a line for every request to a file while it runs, which takes about 1 µs of its CPU',
    'a rate is kept by each connection for itself',
  ],
  command({ url, protocol, http2, rate, connections, threads, durationMs, method, headers, body, toolArgs }, dir) {
    const pseudo = method === (body === '' ? 'GET' : 'POST') ? [] : ['-H', `:method: ${method}`]
    return {
      args: [
        ...[
          ...(protocol === 'http' ? ['--h1'] : []),
          '-m',
          `${protocol === 'http' ? 1 : (http2?.streams ?? defaultStreams)}`,
        ],
        ...['-c', `${connections}`, '-t', `${Math.min(threads, connections)}`],
        ...['-D', `${durationMs}ms`, `--log-file=${join(dir, logName)}`],
        ...(rate === undefined ? [] : [`--rps=${rate / connections}`]),
        ...[...pseudo, ...headers.flatMap(([name, value]) => ['-H', `${name}: ${value}`])],
        ...[...(body === '' ? [] : ['-d', join(dir, 'body')]), ...toolArgs, url],
      ],
      ...(body === '' ? {} : { files: { body } }),
    }
  },
  async parse({ stdout, dir }, load) {
    const totals = /^requests: .* (\d+) done, .* (\d+) errored, (\d+) timeout$/m.exec(stdout)
    const statuses = /^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx$/m.exec(stdout)
    const traffic = /^traffic: .*?\((\d+)\) total/m.exec(stdout)
    if (!totals || !statuses || !traffic)
      throw new HarnessError('LOAD_FAILED', `no result of h2load in ${JSON.stringify(stdout.slice(-300))}`)
    const [, done, errored, timeout] = totals.map(Number) as [number, number, number, number]
    const [, , , http_4xx, http_5xx] = statuses.map(Number) as [number, number, number, number, number]
    const log = join(dir, logName)
    return toolResult(load, {
      requests: done,
      replies: done - errored,
      errors: { http_4xx, http_5xx, failed: errored - timeout, timeout },
      serviceTime: existsSync(log) ? await readLog(log) : notMeasured,
      bytesReceived: Number(traffic[1]),
      durationMs: load.durationMs,
    })
  },
}

/** Without times, which cost it 1 µs a request: for comparing what it can make. */
export const h2loadWithoutLog: LoadTool = {
  ...h2load,
  command(load, dir) {
    const { args, ...rest } = h2load.command(load, dir)
    return { ...rest, args: args.filter((argument) => !argument.startsWith('--log-file=')) }
  },
}

/** A line a request: its start, its status (−1: no reply) and what it took, in microseconds. */
async function readLog(file: string): Promise<Distribution> {
  const recorder = emptyRecorder()
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [, status, us] = line.split('\t').map(Number)
    if (status === undefined || us === undefined || Number.isNaN(us))
      throw new HarnessError('LOAD_FAILED', `no line of h2load's log: ${JSON.stringify(line.slice(0, 200))}`)
    if (status >= 0) recorder.record(us * 1000)
  }
  return toDistribution(recorder)
}
