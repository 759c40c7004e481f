import { expect, test } from 'vitest'
import type { RecordedLoad } from '../recorded-load.ts'
import { loadLine } from './load-line.ts'

const closed: RecordedLoad = {
  ...{ protocol: 'http', arrivals: 'constant', connections: 32, threads: 1, durationMs: 10_000, keepAlive: true },
  ...{ warmUpMs: 1000, timeoutMs: 2500, method: 'GET', body: '', headers: {}, seed: 1, agents: 1, toolArgs: [] },
}

test('a load reads in one line', () => {
  expect(loadLine(closed)).toBe(
    'closed loop · protocol http · 32 connections · 1 thread · duration 10 s · warm up 1 s · timeout 2.5 s · keep alive · method GET',
  )
  const shaped = { rate: { from: 100, to: 1000 }, arrivals: 'poisson', pacing: 'per-connection', maxRequests: 5000 }
  const open = loadLine({ ...closed, ...shaped, agents: 4, path: '/x', tool: 'wrk', keepAlive: false })
  expect(open).toMatch(
    /^open loop, from 100\/s to 1,000\/s, poisson arrivals · protocol http · pacing per-connection · 32 connections/,
  )
  expect(open).toMatch(
    / · 4 agents · duration 10 s · .* · max requests 5,000 · .* · no keep alive · method GET · path \/x · tool wrk$/,
  )
  const drawn = { thinkTimeMs: { min: 5, max: 50 }, requestsPerConnection: { min: 100, max: 100 }, staggerMs: 2000 }
  expect(loadLine({ ...closed, ...shaped }, 720)).toContain('open loop, 720/s, ')
  expect(loadLine({ ...closed, histograms: true })).toContain(' · warm up 1 s · histograms · timeout 2.5 s · ')
  expect(loadLine({ ...closed, ...drawn })).toMatch(
    / · think time 5 ms to 50 ms · 32 connections · requests per connection 100 · stagger 2 s · 1 thread · /,
  )
})

test('streams have a bit rate and segments in place of requests', () => {
  const streams = { ...closed, protocol: 'udp', connections: 1 }
  expect(loadLine({ ...streams, stream: { bitsPerSecond: 1e8, segmentBytes: 1472 } })).toBe(
    'udp · 100 Mbit/s · 1,472-byte segments · 1 stream · duration 10 s · warm up 1 s',
  )
  expect(loadLine({ ...streams, protocol: 'tcp' })).toBe(
    'tcp · as fast as it goes · 1 stream · duration 10 s · warm up 1 s',
  )
})
