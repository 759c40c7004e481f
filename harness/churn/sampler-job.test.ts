import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { test } from '../../clusters/testing.ts'
import { unixNow } from '../agent/begin.ts'
import { rawServer } from '../agent/testing.ts'
import { readSampler, samplerProgram, startSampler } from './sampler-job.ts'

describe('the sampler’s clock', () => {
  const samples = (unixMs: number) => JSON.stringify({ type: 'samples', unixMs, fresh: [[10, 4, 200]], kept: [] })

  test('is read from the line that came soonest', () => {
    const heard = [700, 1030, 1205]
    const output = readSampler(() => heard.shift() as number)
    output.line(JSON.stringify({ type: 'ready', unixMs: 10_500, replies: 50 }))
    output.line(samples(11_000))
    output.line(samples(11_200))
    // 9800, 9970 and 9995 ms ahead, less what each line took.
    const { clockAheadMs, fresh } = output.seen()
    expect(clockAheadMs).toBe(9995)
    expect(fresh).toEqual([
      { sentAt: 995, endedAt: 1001, outcome: 200 },
      { sentAt: 1195, endedAt: 1201, outcome: 200 },
    ])
  })
})

const spec = (url: string) => ({ opening: { url, requests: 20 }, url, everyMs: 5, durationMs: 1500 })
const job = async (workDir: string) => ({ namespace: 'sampling', program: await samplerProgram(workDir) })
const reply = (status: number) => `HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`

test('a sampler sees on both kinds of connections who answers, and when that changes', async ({ cluster }) => {
  let status = 200
  await using server = await rawServer((socket, _, text) => {
    socket.write(reply(status))
    if (/connection: close/i.test(text)) socket.end()
  })
  await using sampling = startSampler(cluster, await job(cluster.ref.workDir), spec(server.url))
  expect(await sampling.ready).toBe(20)
  expect(server).toMatchObject({ requests: 20, connections: 20 })
  await sampling.begin()
  const changedAt = unixNow()
  status = 201
  const { fresh, kept, clockAheadMs } = await sampling.seen
  // Its clock and ours are one, and lines do take their time.
  expect(clockAheadMs).toBeLessThan(1)
  expect(clockAheadMs).toBeGreaterThan(-500)
  for (const series of [fresh, kept]) {
    expect(series.length).toBeGreaterThan(20)
    expect(new Set(series.map(({ outcome }) => outcome))).toEqual(new Set([200, 201]))
    const first = series.find(({ outcome }) => outcome === 201)
    expect(first?.endedAt).toBeGreaterThan(changedAt - 1)
    expect(first?.endedAt).toBeLessThan(changedAt + 500)
    expect(series.findLast(({ outcome }) => outcome === 200)?.sentAt).toBeLessThan(changedAt + 500)
  }
  // One is kept; each of the others has a connection of its own.
  expect(server.connections).toBe(20 + fresh.length + 1)
  expect(server.requests).toBe(20 + fresh.length + kept.length)
})

test('requests that are refused or not answered have their kind', { timeout: 20_000 }, async ({ cluster }) => {
  await using server = await rawServer((socket, n) => {
    if (n <= 20) socket.end(reply(200))
    else if (n % 2 === 0) socket.destroy()
  })
  await using sampling = startSampler(cluster, await job(cluster.ref.workDir), spec(server.url))
  await sampling.ready
  await sampling.begin()
  const { fresh } = await sampling.seen
  expect(new Set(fresh.map(({ outcome }) => outcome))).toEqual(new Set(['closed', 'timeout']))
})

test('one that cannot look its target up, or is not needed any more, ends', async ({ cluster }) => {
  const lost = startSampler(cluster, await job(cluster.ref.workDir), spec('http://nowhere.invalid/'))
  await expect(lost.ready).rejects.toMatchObject({ code: 'LOAD_FAILED' })
  await expect(lost.ready).rejects.toThrow(/sampler of http:\/\/nowhere.invalid\/: .*nowhere.invalid/s)

  await using server = await rawServer((socket) => socket.end(reply(200)))
  const sampling = startSampler(cluster, await job(cluster.ref.workDir), spec(server.url))
  await sampling.ready
  await sampling[Symbol.asyncDispose]()
  await expect(sampling.seen).rejects.toThrow(/sampler in sampling was stopped after/)
  const { requests } = server
  await sleep(200)
  expect(server.requests).toBe(requests)
})
