import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { HarnessError } from '../errors.ts'
import { byName } from '../load/headers.ts'
import type { GrpcCall } from '../load/plan.ts'
import { toDistribution } from '../load/result/histogram.ts'
import { emptyRecorder } from '../load/result/recorder.ts'
import { isSecure } from '../load/schemes.ts'
import { constantRate, distinctHeaders, tlsWith } from './constraints.ts'
import { readJson, toolResult } from './result.ts'
import { tlsFiles } from './tls-files.ts'
import type { LoadTool, ToolLoad } from './tool.ts'

const reportName = 'report.json'
const mostDetails = 1_000_000

const ns = z.number().nonnegative()
const report = z.object({
  count: z.int().nonnegative(),
  total: ns.positive(),
  details: z.array(z.object({ latency: ns, error: z.string(), status: z.string() })).nullish(),
})

/** ghz takes a method, its message, its metadata and streams. */
function onlyUnary({ proto, bytes, kind, messages, deadlineMs, metadata }: GrpcCall): string | null {
  const others = { proto, bytes, kind, messages: messages === 1 ? undefined : messages, deadline: deadlineMs }
  const given = Object.entries(others).flatMap(([field, value]) => (value === undefined ? [] : [field]))
  if (distinctHeaders(metadata) !== null) return 'metadata of which each key is there once'
  return given.length === 0 ? null : `a call that the server describes by reflection, without ${given.join(', ')}`
}

/** ghz: unary gRPC calls, at a rate or as fast as replies come. */
export const ghz: LoadTool = {
  program: { title: 'ghz', name: 'ghz', versionArgs: ['--version'], answer: /^v?(\S+)$/ },
  remedy: 'go install github.com/bojand/ghz/cmd/ghz@v0.93.0',
  protocols: ['grpc'],
  follows: {
    rate: constantRate,
    threads: null,
    timeout: null,
    grpc: onlyUnary,
    tls: tlsWith('caFile', 'certFile', 'keyFile', 'serverName'),
  },
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
  command(load, dir) {
    const { url, rate, connections, threads, durationMs, timeoutMs, grpc, toolArgs } = load
    if (grpc === undefined) throw new HarnessError('CONFIG_INVALID', 'ghz needs what to call: grpc.method')
    const { method, message = {}, metadata, streams } = grpc
    const { args, files } = secureArgs(load, dir)
    return {
      files,
      args: [
        ...[...args, '--format', 'json', '--output', join(dir, reportName)],
        ...['--call', method, '--data', JSON.stringify(message), '--metadata', JSON.stringify(byName(metadata))],
        ...['--duration', `${durationMs}ms`, '--duration-stop', 'wait', '--timeout', `${timeoutMs}ms`],
        ...['--concurrency', `${connections * streams}`, '--connections', `${connections}`, '--cpus', `${threads}`],
        ...[...(rate === undefined ? [] : ['--rps', `${rate}`])],
        ...[...toolArgs, new URL(url).host],
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
    const errorWords: Record<string, string> = {}
    for (const { latency, status, error } of details ?? []) {
      if (status === 'OK') {
        recorder.record(latency)
        continue
      }
      const kind = kindOf(status)
      errors[kind] = (errors[kind] ?? 0) + 1
      errorWords[kind] ??= error
    }
    const serviceTime = toDistribution(recorder)
    return toolResult(load, {
      requests: count,
      replies: serviceTime.count,
      errors,
      errorWords,
      serviceTime,
      bytesReceived: null,
      durationMs: total / 1e6,
    })
  },
}

function secureArgs(load: ToolLoad, dir: string) {
  if (!isSecure(load.url)) return { args: ['--insecure'], files: {} }
  const { serverName, verify = true } = load.tls ?? {}
  const { args, files } = tlsFiles(load, dir, { ca: '--cacert', cert: '--cert', key: '--key' })
  const name = serverName === undefined ? [] : ['--cname', serverName]
  return { args: [...args, ...name, ...(verify ? [] : ['--skipTLS'])], files }
}

const kindOf = (status: string) =>
  status === 'DeadlineExceeded' ? 'timeout' : status === 'Unavailable' ? 'connect' : 'failed'
