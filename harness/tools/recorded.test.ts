import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadResultSchema } from '../../reports/load-result.ts'
import { loadSchema } from '../load/input/index.ts'
import type { LoadToolName } from '../load/plan.ts'
import { notMeasured } from '../load/result/histogram.ts'
import { loadTools } from './index.ts'
import { readStream } from './iperf3.ts'
import type { LoadTool } from './tool.ts'

// What these programs wrote on Debian 12, started as their adapters do it: against nginx at 127.0.0.1, ghz against a grpc-go server,
// iperf3 against its own.
const folder = join(import.meta.dirname, 'recorded')
const recorded = (file: string) => readFileSync(join(folder, file), 'utf8')

async function parse(name: LoadToolName, stdout: string, rate?: number, files: Record<string, string> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'meshmark-recorded-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  for (const [to, from] of Object.entries(files)) copyFileSync(join(folder, from), join(dir, to))
  const load = { ...loadSchema.parse({ duration: '1s', connections: 2 }), rate, url: 'http://127.0.0.1:8080/' }
  const tool: LoadTool = loadTools[name]
  const result = loadResultSchema.parse(await tool.parse({ stdout, dir }, load))
  // No tool tells these.
  expect(result).toMatchObject({
    latency: notMeasured,
    sendLag: notMeasured,
    connectionWait: notMeasured,
    busyShare: null,
  })
  expect(result.timeline).toEqual([])
  return result
}

test('wrk debian/4.1.0-3+b2, -t 1 -c 2 -d 1s', async () => {
  const result = await parse('wrk', recorded('wrk.txt'))
  expect(result).toMatchObject({ targetRate: null, requests: 21_046, errors: {}, bytesReceived: 3_220_038 })
  expect(result.achievedRate).toBeCloseTo(21_046 / 1.040656)
  expect(result.serviceTime).toEqual({
    ...{ count: 21_046, meanUs: 8014.262, p50Us: 35, p90Us: 32_618, p99Us: 97_200, p999Us: 111_001, maxUs: 112_488 },
    histogram: '',
  })
})

test('wrk: kinds of errors, and no latency without a reply', async () => {
  const counts = '"connect":1,"read":2,"write":3,"status":4,"timeout":5'
  const line = (requests: number) => `\nmeshmark {"durationUs":1000000,"requests":${requests},"bytes":0,${counts}}\n`
  const result = await parse('wrk', line(4))
  expect(result).toMatchObject({ requests: 15, achievedRate: 4, serviceTime: notMeasured })
  expect(result.errors).toEqual({ connect: 1, closed: 5, http_status: 4, timeout: 5 })
})

test('fortio 1.68.2, -qps 50 -c 2 -t 1s -r 0.00001', async () => {
  const result = await parse('fortio', recorded('fortio.txt'), 50)
  expect(result).toMatchObject({ targetRate: 50, requests: 50, warmUpRequests: 2, errors: {}, bytesReceived: 7650 })
  expect(result.achievedRate).toBeCloseTo(49.96, 2)
  expect(result.serviceTime).toMatchObject({ count: 50, histogram: '' })
  expect(result.serviceTime.p50Us).toBeCloseTo(210)
  expect(result.serviceTime.p99Us).toBeCloseTo(32_676.3, 1)
  expect(result.serviceTime.maxUs).toBeCloseTo(33_568.353)
})

test('fortio: a call without a status is no reply', async () => {
  const report = JSON.parse(recorded('fortio.txt'))
  const result = await parse(
    'fortio',
    JSON.stringify({ ...report, RetCodes: { 200: 30, 404: 4, 503: 6, '-1': 10 } }),
    50,
  )
  expect(result.errors).toEqual({ http_4xx: 4, http_5xx: 6, failed: 10 })
  expect(result.achievedRate).toBeCloseTo(39.97, 2)
  expect(result.validity.reasons).toEqual([
    { code: 'errors_above_limit', text: '40 % of the requests failed, above 10 %' },
    { code: 'rate_not_held', text: 'the rate was not held: 40.0/s of 50/s, below 99 %' },
  ])
})

test('h2load nghttp2/1.52.0, --h1 -c 2 -D 1 --rps=10: percentiles of its log, where there is one', async () => {
  const result = await parse('h2load', recorded('h2load.txt'), 20, { 'requests.tsv': 'h2load.tsv' })
  expect(result).toMatchObject({ targetRate: 20, achievedRate: 20, requests: 20, errors: {}, bytesReceived: 3060 })
  expect(result.serviceTime.count).toBe(20)
  // As h2load sums it up: 151 to 353, on average 211 µs; the histogram's precision is 3 digits.
  expect(result.serviceTime.meanUs).toBeCloseTo(211, 0)
  expect(Math.round(result.serviceTime.maxUs ?? 0)).toBe(353)
  expect(result.serviceTime.histogram).toMatch(/^HISTFAAA/)
  expect(await parse('h2load', recorded('h2load.txt'), 20)).toEqual({ ...result, serviceTime: notMeasured })
})

test('k6 1.8.1, constant-arrival-rate of 50/s, every reply a 404', async () => {
  const result = await parse('k6', recorded('k6.txt'), 50)
  expect(result).toMatchObject({ requests: 51, errors: { http_4xx: 51 }, bytesReceived: 8007 })
  expect(result.achievedRate).toBeCloseTo(50.89, 2)
  expect(result.serviceTime.p999Us).toBeCloseTo(3455.22)
})

test('k6: what found no virtual user is unsent, and what had no reply is none', async () => {
  const report = JSON.parse(recorded('k6.txt'))
  report.metrics.dropped_iterations = { type: 'counter', contains: 'default', values: { count: 9, rate: 9 } }
  report.metrics.meshmark_timeout = { type: 'counter', contains: 'default', values: { count: 11, rate: 11 } }
  const result = await parse('k6', JSON.stringify(report), 50)
  expect(result).toMatchObject({ requests: 60, errors: { http_4xx: 51, timeout: 11, unsent: 9 } })
  expect(result.achievedRate).toBeCloseTo(40 / 1.002169458)
})

test('ghz, --duration 1000ms --rps 20 --concurrency 2: percentiles of its details', async () => {
  const result = await parse('ghz', '', 20, { 'report.json': 'ghz.txt' })
  expect(result).toMatchObject({ requests: 19, errors: {}, bytesReceived: null })
  expect(result.serviceTime.count).toBe(19)
  expect(result.serviceTime.meanUs).toBeCloseTo(7661.773, -1)
})

test('iperf3 3.12, one stream of TCP, then of UDP at 10 Mbit/s in datagrams of 1472 bytes', async () => {
  expect(readStream(recorded('iperf3-tcp.txt'))).toMatchObject({ receivedBytes: 551_682_048, datagrams: null })
  const { datagrams, bitsPerSecond } = readStream(recorded('iperf3-udp.txt'))
  expect(datagrams).toEqual({ sent: 847, lost: 0, outOfOrder: 0, jitterMs: 0.7319525633410583 })
  expect(bitsPerSecond / 1e6).toBeCloseTo(9.94, 2)
  expect(await parse('iperf3', recorded('iperf3-udp.txt'))).toMatchObject({ requests: 847, bytesReceived: 1_246_784 })
})

test.for(['wrk', 'fortio', 'h2load', 'k6', 'iperf3'] as const)('%s: what is no output of it is shown', async (name) => {
  await expect(parse(name, 'Segmentation fault')).rejects.toMatchObject({
    code: 'LOAD_FAILED',
    message: `no result of ${name} in "Segmentation fault"`,
  })
})
