import { expect, test } from 'vitest'
import { loadLine } from './load-line.ts'

test('a load is told in one line', () => {
  const load = {
    ...{ protocol: 'http', arrivals: 'constant', connections: 32, threads: 1, duration: 10_000, keepAlive: true },
    ...{ body: '', headers: {}, seed: 1, agents: 1 },
  }
  expect(loadLine(load)).toBe('closed loop · protocol http · 32 connections · 1 thread · duration 10 s · keep alive')
  const shaped = { rate: { from: 100, to: 1000 }, arrivals: 'poisson', pacing: 'per-connection', maxRequests: 5000 }
  expect(loadLine(shaped)).toBe(
    'open loop, from 100/s to 1,000/s, poisson arrivals · pacing per-connection · max requests 5000',
  )
  const drawn = { thinkTime: { min: 5, max: 50 }, requestsPerConnection: { min: 100, max: 100 }, stagger: 2000 }
  expect(loadLine(drawn)).toBe('closed loop · think time 5 ms to 50 ms · requests per connection 100 · stagger 2 s')
})
