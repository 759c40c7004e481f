import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { pooledDistribution } from '../histogram.ts'
import type { Arm, Experiment, RunRecord } from '../record.ts'
import { summarize, validTrials } from '../summary.ts'
import { sampleRecord } from '../testing/record.ts'
import { boundsSeconds } from './histogram.ts'
import { pushMetrics } from './push.ts'
import { freePort, programOf, startServer } from './testing.ts'

const record = sampleRecord()
const patience = { tries: 3, timeoutMs: 300, pauseMs: 1 }

/** An address of a server of ours that answers as it is told. */
async function serverThat(answers: RequestListener): Promise<string> {
  const server = createServer(answers).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a gateway that does not take them', () => {
  test('is asked three times where another moment can help', async () => {
    let asked = 0
    const url = await serverThat((_, response) => {
      asked++
      response.writeHead(asked < 3 ? 503 : 200).end('busy')
    })
    const [only] = [{ ...record, experiments: record.experiments.slice(0, 1) }]
    expect(await pushMetrics(only as RunRecord, url, patience)).toHaveLength(1)
    expect(asked).toBe(3)
  })

  test('and once where it cannot, with what it answered', async () => {
    let asked = 0
    const url = await serverThat((_, response) => {
      asked++
      response.writeHead(400).end('pushed metrics are inconsistent')
    })
    await expect(pushMetrics(record, url, patience)).rejects.toMatchObject({
      code: 'PUSH_FAILED',
      message: expect.stringMatching(/did not take the metrics: it answered 400: pushed metrics are inconsistent$/),
    })
    expect(asked).toBe(1)
  })

  test.for([
    ['that is none', (_, response) => response.writeHead(404).end(), /404.*is it a Pushgateway\?$/],
    ['that never answers', () => {}, /after 3 tries: no answer within 0\.3 s$/],
    ['that answers for ever', (_, response) => void response.writeHead(503).write('x'), /no answer within 0\.3 s$/],
    ['that hangs up', (request) => void request.socket.destroy(), /after 3 tries: /],
  ] as [string, RequestListener, RegExp][])('says so of one %s', async ([, answers, says]) => {
    await expect(pushMetrics(record, await serverThat(answers), patience)).rejects.toThrow(says)
  })

  test('is named without the credentials that it gets', async () => {
    const got: unknown[] = []
    const url = await serverThat((request, response) => {
      got.push(request.headers.authorization)
      response.writeHead(401).end(`no ${request.headers.authorization}\n::error::forged`)
    })
    const withPassword = url.replace('//', '//me:s%3Acret@')
    await expect(pushMetrics(record, withPassword, patience)).rejects.toThrow(
      /^http:\/\/\*\*\*:\*\*\*@127\.0\.0\.1.*: no Basic \*\*\* ::error::forged$/,
    )
    await expect(pushMetrics(record, url.replace('//', '//t%ken@'), patience)).rejects.toThrow(/^http:\/\/\*\*\*@127/)
    expect(got).toEqual(['me:s:cret', 't%ken:'].map((text) => `Basic ${Buffer.from(text).toString('base64')}`))
  })

  test('where nobody listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    await expect(pushMetrics(record, url, patience)).rejects.toThrow(/after 3 tries: ECONNREFUSED$/)
  })

  test('a run without experiments has nothing to push', async () => {
    await expect(pushMetrics({ ...record, experiments: [] }, 'http://127.0.0.1:1', patience)).rejects.toThrow(
      'nothing to push',
    )
  })
})

test('through a Pushgateway into Prometheus, which finds our percentiles', { timeout: 90_000 }, async ({ skip }) => {
  const [gateway, prometheus] = [programOf(['pushgateway', 'prometheus-pushgateway']), programOf(['prometheus'])]
  if (!gateway || !prometheus)
    return skip('no Pushgateway or no Prometheus: apt-get install prometheus prometheus-pushgateway')
  const dir = mkdtempSync(join(tmpdir(), 'meshmark-prometheus-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const [pushPort, queryPort] = [await freePort(), await freePort()]
  const [pushUrl, queryUrl] = [`http://127.0.0.1:${pushPort}`, `http://127.0.0.1:${queryPort}`]
  await using _gateway = await startServer(
    gateway,
    [`--web.listen-address=127.0.0.1:${pushPort}`],
    `${pushUrl}/-/ready`,
  )

  const odd = structuredClone(record)
  ;(odd.experiments[2] as Experiment).suite = 'with/slash'
  // What was there of the same suite is replaced: the arm of this name is gone.
  const earlier = structuredClone(odd)
  for (const { arms } of earlier.experiments) for (const arm of arms) arm.name = `old-${arm.name}`
  await pushMetrics(earlier, pushUrl)
  expect(await pushMetrics(odd, pushUrl)).toHaveLength(2)
  const exposed = await (await fetch(`${pushUrl}/metrics`)).text()
  expect(exposed).not.toContain('old-envoy')
  expect(exposed).toContain('suite="with/slash"')
  expect(exposed).toMatch(/push_failure_time_seconds\{.*\} 0\n/)

  const target = `    static_configs: [{ targets: ['127.0.0.1:${pushPort}'] }]`
  writeFileSync(
    join(dir, 'prometheus.yml'),
    `global: { scrape_interval: 1s }\nscrape_configs:\n  - job_name: pushed\n    honor_labels: true\n${target}\n`,
  )
  const args = [`--config.file=${join(dir, 'prometheus.yml')}`, `--storage.tsdb.path=${join(dir, 'data')}`]
  const listen = `--web.listen-address=127.0.0.1:${queryPort}`
  await using _prometheus = await startServer(prometheus, [...args, listen], `${queryUrl}/-/ready`)

  const [experiment] = record.experiments as [Experiment]
  const own = `job="meshmark",suite="http",test=${JSON.stringify(experiment.test)}`
  const envoy = summarize(experiment).find(({ arm }) => arm === 'envoy')
  const p99 = await ask(queryUrl, `meshmark_latency_p99_seconds{${own},arm="envoy"}`)
  expect(p99).toBeCloseTo((envoy?.values.p99Ms as number) / 1000, 9)
  const requests = pooledDistribution(validTrials(experiment.arms[1] as Arm).map(({ load }) => load.latency))
  for (const [quantile, us] of [
    [0.5, requests.p50Us],
    [0.99, requests.p99Us],
  ]) {
    const bucket = `meshmark_latency_seconds_bucket{${own},arm="envoy"}`
    const read = await ask(queryUrl, `histogram_quantile(${quantile}, ${bucket})`)
    const place = boundsSeconds.findIndex((bound) => bound >= (us as number) / 1e6)
    expect(read).toBeGreaterThan(boundsSeconds[place - 1] as number)
    expect(read).toBeLessThanOrEqual(boundsSeconds[place] as number)
  }
})

/** The one value that a query gives, as soon as Prometheus has scraped. */
async function ask(url: string, query: string): Promise<number> {
  for (const deadline = Date.now() + 30_000; ; await wait(250)) {
    const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`)
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } }
    const [first, ...more] = data.result
    if (first && more.length === 0) return Number(first.value[1])
    if (Date.now() > deadline) throw new Error(`${query} gives ${JSON.stringify(data.result)}`)
  }
}
