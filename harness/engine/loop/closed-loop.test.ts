import { expect, test } from 'vitest'
import { loadScripted, replyAfter } from './testing-lanes.ts'

test('sends the next request after the reply', async () => {
  const { result, asked, connections } = await loadScripted({}, replyAfter(20))
  // At 0, 20, 40, … ms on each of 4 connections: from 200 to 1180 ms.
  expect(result).toMatchObject({ targetRate: null, errors: {}, requests: 4 * 50, warmUpRequests: 4 * 10 })
  expect(result.latency).toMatchObject({ count: 200 })
  expect(Math.abs((result.latency.p50Us ?? 0) - 20_000)).toBeLessThan(20)
  expect(result.achievedRate).toBe(200)
  expect(result.connectionWait.count).toBe(0)
  expect(result.sendLag).toMatchObject({ count: 0, p99Us: null })
  expect(asked).toHaveLength(result.requests + result.warmUpRequests)
  expect(connections).toBe(4)
})

test('connecting anew, where it must, counts in the latency', async () => {
  const script = { ...replyAfter(5), connectMs: 15 }
  const { result, asked, connections } = await loadScripted({ keepAlive: false }, script)
  expect(result).toMatchObject({ errors: {}, requests: 4 * 50 })
  expect(Math.abs((result.latency.p50Us ?? 0) - 20_000)).toBeLessThan(20)
  expect(Math.abs((result.serviceTime.p50Us ?? 0) - 5000)).toBeLessThan(5)
  expect(connections).toBe(asked.length)
})

test('a refusing target does not make it spin', async () => {
  const { result } = await loadScripted({}, { answer: () => null, accepts: () => false })
  // Each connection doubles its rest from 1 ms up to 0.5 s.
  expect(result.errors.connect).toBeGreaterThan(0)
  expect(result.requests).toBeLessThan(4 * 15)
  expect(result.requests).toBe(result.errors.connect)
})

test('a target that closes what it accepts does not make it spin', async () => {
  const { result, connections } = await loadScripted({}, { answer: () => ({ afterMs: 0, fails: 'closed' }) })
  expect(result.errors.closed).toBe(result.requests)
  expect(result.requests).toBeGreaterThan(0)
  expect(connections).toBeLessThan(4 * 20)
})

test('what is not answered in time is a timeout, and its connection is replaced', async () => {
  const answer = ({ n }: { n: number }) => (n % 10 === 0 ? null : { afterMs: 10 })
  const { result, connections, asked } = await loadScripted({ timeout: '100ms', warmUp: '0s' }, { answer })
  expect(Object.keys(result.errors)).toEqual(['timeout'])
  expect(result.errors.timeout).toBe(Math.floor(asked.length / 10))
  expect(result.latency.count).toBe(result.requests - (result.errors.timeout ?? 0))
  expect(connections).toBeGreaterThanOrEqual(4 + (result.errors.timeout ?? 0) - 4)
  expect(connections).toBeLessThanOrEqual(4 + (result.errors.timeout ?? 0))
})
