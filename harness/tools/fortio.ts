import { z } from 'zod'
import { notMeasured } from '../load/result/histogram.ts'
import { constantRate, httpFields, tlsWith } from './constraints.ts'
import { readJson, toolResult } from './result.ts'
import { tlsFiles } from './tls-files.ts'
import type { LoadTool } from './tool.ts'

const seconds = z.number()
const report = z.object({
  ActualDuration: z.number().positive(),
  NumThreads: z.int().nonnegative(),
  DurationHistogram: z.object({
    Count: z.int().nonnegative(),
    Max: seconds,
    Avg: seconds,
    Percentiles: z.array(z.object({ Percentile: z.number(), Value: seconds })).nullish(),
  }),
  RetCodes: z.record(z.string(), z.int().nonnegative()).nullish(),
  Sizes: z.object({ Sum: z.number() }).nullish(),
})

/** fortio: HTTP/1.1, at a rate or as fast as replies come. */
export const fortio: LoadTool = {
  program: { title: 'fortio', name: 'fortio', versionArgs: ['version'], answer: /^v?(\d+\.\d+\S*)$/ },
  remedy: 'go install fortio.org/fortio@v1.68.2',
  protocols: ['http'],
  follows: {
    ...httpFields,
    rate: constantRate,
    timeout: null,
    tls: tlsWith('caFile', 'certFile', 'keyFile'),
  },
  flags: {
    '-jitter': null,
    '-uniform': null,
    '-nocatchup': null,
    '-sequential-warmup': null,
    '-stdclient': null,
    '-connection-reuse': /^\d{1,9}:\d{1,9}$/,
  },
  distortions: [
    'latencies count from the actual send: what waited for a busy connection is not in them (coordinated omission)',
    'percentiles are interpolated within histogram buckets, from 10 µs wide up to a quarter of their value',
    'every connection makes one call before the measured part; it is counted as warm-up',
    'errors without a status are not told apart, and how long they took is among its latencies',
    'a request whose connection the server closes is sent again on another, and counted once, as no error',
  ],
  command(load, dir) {
    const { url, rate, connections, threads, durationMs, timeoutMs, keepAlive, method, headers, body, toolArgs } = load
    const secure = tlsFiles(load, dir, { ca: '-cacert', cert: '-cert', key: '-key' })
    const methodArgs = method === 'GET' && body === '' ? [] : ['-X', method]
    return {
      args: [
        ...['load', '-quiet', '-json', '-', '-r', '0.00001', '-p', '50,90,99,99.9', '-allow-initial-errors'],
        ...['-qps', `${rate ?? 0}`, '-c', `${connections}`, '-gomaxprocs', `${threads}`],
        ...['-t', `${durationMs}ms`, '-timeout', `${timeoutMs}ms`, ...(keepAlive ? [] : ['-keepalive=false'])],
        ...[...secure.args, ...(load.tls?.verify === false ? ['-k'] : [])],
        ...headers.flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
        ...[...methodArgs, ...(body === '' ? [] : ['-payload-file', `${dir}/body`]), ...toolArgs, url],
      ],
      files: { ...secure.files, ...(body === '' ? {} : { body }) },
    }
  },
  parse({ stdout }, load) {
    const { ActualDuration, NumThreads, DurationHistogram, RetCodes, Sizes } = readJson(report, stdout, 'fortio')
    const { Count, Max, Avg, Percentiles } = DurationHistogram
    const us = (percentile: number) => {
      const found = Percentiles?.find(({ Percentile }) => Percentile === percentile)
      return found ? found.Value * 1e6 : null
    }
    const codes = Object.entries(RetCodes ?? {}).map(([code, n]) => [Number(code), n] as const)
    const countOf = (hundreds: number) =>
      codes.reduce((sum, [code, n]) => sum + (Math.floor(code / 100) === hundreds ? n : 0), 0)
    // It calls what had no status -1.
    const failed = codes.reduce((sum, [code, n]) => sum + (code > 0 ? 0 : n), 0)
    return toolResult(load, {
      requests: Count,
      replies: Count - failed,
      warmUpRequests: NumThreads,
      errors: { http_4xx: countOf(4), http_5xx: countOf(5), failed },
      serviceTime:
        Count === failed
          ? notMeasured
          : {
              count: Count,
              meanUs: Avg * 1e6,
              p50Us: us(50),
              p90Us: us(90),
              p99Us: us(99),
              p999Us: us(99.9),
              maxUs: Max * 1e6,
              histogram: '',
            },
      bytesReceived: Sizes?.Sum ?? null,
      durationMs: ActualDuration / 1e6,
    })
  },
}
