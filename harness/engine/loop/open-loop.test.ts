import { describe, expect, test } from 'vitest'
import { reasonTexts } from '../../../reports/reasons.ts'
import type { LoadInput } from '../../load/input/index.ts'
import { loadScripted, replyAfter } from './testing-lanes.ts'

test.for([1, 3] as const)(
  'requests leave when they are due, and the measured ones are measured: %i threads',
  async (threads) => {
    const { result, asked, connections } = await loadScripted({ rate: 200, threads }, replyAfter(2))
    expect(result).toMatchObject({ targetRate: 200, requests: 200, warmUpRequests: 40, errors: {}, achievedRate: 200 })
    expect(result).toMatchObject({ bytesReceived: 2000, validity: { valid: true } })
    expect(connections).toBe(4)
    expect(asked).toHaveLength(240)
    for (const [i, { atMs }] of asked.entries()) expect(atMs).toBeCloseTo(5 * i, 6)
    expect(result.sendLag).toMatchObject({ count: 200, maxUs: 0 })
    expect(result.connectionWait).toMatchObject({ count: 200, maxUs: 0 })
    for (const { count, p50Us, maxUs } of [result.latency, result.serviceTime]) {
      expect(count).toBe(200)
      expect(p50Us).toBeGreaterThanOrEqual(2000)
      // Replies are looked for each 4 µs.
      expect(maxUs).toBeLessThan(2005)
    }
  },
)

test.for([
  [{ from: 0, to: 400 }, 200, 200, 0],
  [{ burst: 20, every: '100ms', base: 100 }, 300, 300, 60],
  [
    {
      steps: [
        { rate: 100, duration: '500ms' },
        { rate: 300, duration: '500ms' },
      ],
    },
    200,
    200,
    20,
  ],
] as const)('%j is sent in full, whatever its shape', async ([rate, requests, targetRate, warmUpRequests]) => {
  const load = { rate: rate as NonNullable<LoadInput['rate']>, threads: 2, connections: 40 }
  const { result } = await loadScripted(load, replyAfter(1))
  expect(result).toMatchObject({ targetRate, requests, warmUpRequests, errors: {} })
  // A turn of the event loop.
  expect(result.sendLag.maxUs).toBeLessThanOrEqual(4)
})

test('Poisson arrivals repeat with their seed', async () => {
  const poisson = (seed: number) => loadScripted({ rate: 200, arrivals: 'poisson', seed, warmUp: '0s' }, replyAfter(1))
  const [one, again, other] = await Promise.all([poisson(1), poisson(1), poisson(2)])
  expect(one.result).toMatchObject({ errors: {}, warmUpRequests: 0 })
  expect(one.asked).toEqual(again.asked)
  expect(one.result).toEqual(again.result)
  expect(one.result.requests).not.toBe(other.result.requests)
})

describe('a server that is too slow', () => {
  test('shows as latency and connection wait, not as missing load', async () => {
    const { result } = await loadScripted({ rate: 40, connections: 1 }, replyAfter(50))
    expect(result).toMatchObject({ requests: 40, errors: {} })
    // 20 a second are served. The last request is due at 1175 ms and is the 48th: it leaves at 2350 ms.
    expect((result.latency.maxUs ?? 0) / 1000).toBeCloseTo(1225, -1)
    expect((result.connectionWait.maxUs ?? 0) / 1000).toBeCloseTo(1175, -1)
    expect(result.serviceTime.maxUs).toBeLessThan(50_050)
    expect(result.sendLag.maxUs).toBeLessThan(10)
    expect(result.achievedRate).toBeCloseTo(40_000 / 2200, 1)
    expect(reasonTexts(result.validity.reasons)).toMatch(/rate was not held: 16 of 40 requests at 40\/s/)
  })

  test('and keeps up leaves the load valid', async () => {
    const { result } = await loadScripted({ rate: 50, connections: 32 }, replyAfter(150))
    expect(result).toMatchObject({ requests: 50, errors: {}, validity: { valid: true, reasons: [] } })
  })

  test('for a while shows in the percentiles as the closed form says', async () => {
    const rate = 1000
    const windowMs = 5000
    const stallMs = 1400
    // From the second second of the measured part on, nothing is answered for so long; what waits is then answered at once.
    const from = 2000
    const answer = ({ atMs }: { atMs: number }) => ({
      afterMs: atMs >= from && atMs < from + stallMs ? from + stallMs - atMs : 0,
    })
    const shape = { rate, duration: `${windowMs}ms`, warmUp: '1s', connections: 32 }
    const { result } = await loadScripted(shape, { answer })
    // An arrival t after the stall's begin waits stall − t: latencies fall evenly from the stall's length to 0, rate × stall of
    // them. So rate × (stall − x) arrivals are above x, and the share p of all rate × window arrivals is above
    // x(p) = stall − p × window.
    const aboveMs = (share: number) => stallMs - share * windowMs
    expect(result).toMatchObject({ requests: (rate * windowMs) / 1000, errors: {} })
    const msOf = (us: number | null) => (us ?? Number.NaN) / 1000
    for (const [us, share] of [
      [result.latency.p50Us, 0.5],
      [result.latency.p90Us, 0.1],
      [result.latency.p99Us, 0.01],
      [result.latency.p999Us, 0.001],
      [result.latency.maxUs, 0],
    ] as const) {
      if (aboveMs(share) < 0) expect(msOf(us)).toBeLessThan(0.01)
      // A histogram of three digits, and the arrival after.
      else expect(Math.abs(msOf(us) / aboveMs(share) - 1), `${share}`).toBeLessThan(0.003)
    }
    // 32 requests were on their way, the others waited for a connection: the service time hides the stall.
    expect(msOf(result.serviceTime.p99Us)).toBeLessThan(stallMs / 4)
    expect(msOf(result.serviceTime.maxUs)).toBeCloseTo(stallMs, -1)
  })
})

describe('backlog', () => {
  test('arrivals that wait beyond the bound are shed, oldest first, and counted', async () => {
    const shape = { rate: 400, connections: 2, threads: 2, warmUp: '0s' } as const
    const { result, asked } = await loadScripted({ ...shape, maxBacklog: 20 }, replyAfter(50))
    // 40 a second are served, 20 may wait: the others are shed.
    expect(result.requests).toBe(400)
    expect(result.errors.shed).toBe(400 - result.latency.count)
    expect(Object.keys(result.errors)).toEqual(['shed'])
    // In a second 40, and after it the 20 that wait, of which a thread's first leaves within it.
    expect(result.latency.count).toBeGreaterThanOrEqual(58)
    expect(result.latency.count).toBeLessThanOrEqual(62)
    expect(asked).toHaveLength(result.latency.count)
    // The last ones wait until their thread's other 9 are served, 50 ms each; with all 200 it would be nine seconds.
    expect(result.connectionWait.maxUs).toBeGreaterThan(450_000)
    expect(result.connectionWait.maxUs).toBeLessThan(520_000)
    expect(reasonTexts(result.validity.reasons)).toMatch(/rate was not held/)
  })

  test('a burst that fits is not shed', async () => {
    const rate = { burst: 50, every: '250ms' } as const
    const { result: fits } = await loadScripted({ rate, connections: 2, maxBacklog: 50 }, replyAfter(1))
    expect(fits).toMatchObject({ requests: 200, errors: {} })
    const shape = { rate, connections: 2, maxBacklog: 5, warmUp: '0s' }
    const { result: shed } = await loadScripted(shape, replyAfter(1))
    expect(shed.requests).toBe(200)
    // Of each 50, two are sent at once and five wait. What waits is counted each millisecond: two of the first 50 left before that.
    expect(shed.errors).toEqual({ shed: 4 * 43 - 2 })
  })
})

describe('failures', () => {
  test('what is not answered in time is a timeout, and what finds no connection is unsent', async () => {
    const rate = { burst: 10, every: '200ms' } as const
    const shape = { rate, connections: 2, timeout: '300ms', warmUp: '0s' }
    const { result, asked, tookMs } = await loadScripted(shape, { answer: () => null })
    expect(result.requests).toBe(50)
    expect(Object.keys(result.errors).toSorted()).toEqual(['timeout', 'unsent'])
    expect((result.errors.timeout ?? 0) + (result.errors.unsent ?? 0)).toBe(50)
    expect(result.latency).toMatchObject({ count: 0, p99Us: null })
    expect(asked).toHaveLength(result.errors.timeout as number)
    // The last are due at 800 ms and time out within a sweep, which comes each 15 ms.
    expect(tookMs).toBeGreaterThanOrEqual(1100)
    expect(tookMs).toBeLessThan(1120)
  })

  test('a timeout costs one request and one connection', async () => {
    const answer = ({ n }: { n: number }) => (n === 30 ? null : { afterMs: 1 })
    const { result, connections } = await loadScripted({ rate: 100, timeout: '500ms', warmUp: '0s' }, { answer })
    expect(result).toMatchObject({ requests: 100, errors: { timeout: 1 } })
    expect(result.latency.count).toBe(99)
    expect(connections).toBe(5)
  })

  test('a refused connection fails each arrival as connect', async () => {
    const { result, attempts } = await loadScripted({ rate: 100 }, { answer: () => null, accepts: () => false })
    expect(result).toMatchObject({ requests: 100, errors: { connect: 100 }, warmUpRequests: 0 })
    // Each connection doubles its rest from 1 ms up to 0.5 s.
    expect(attempts).toBeLessThan(4 * 13)
    expect(result.busyShare).toBeLessThan(0.5)
  })

  test('one that breaks in the middle of a reply fails its request alone, and is replaced', async () => {
    const answer = ({ n }: { n: number }) => ({ afterMs: 1, ...(n === 7 ? { fails: 'closed' as const } : {}) })
    const { result, connections } = await loadScripted({ rate: 100, warmUp: '0s' }, { answer })
    expect(result).toMatchObject({ requests: 100, errors: { closed: 1 } })
    expect(connections).toBe(5)
  })

  test.for(['shared', 'per-connection'] as const)(
    'connections that the peer closes while idle are opened again when they are needed, without a rest: %s',
    async (pacing) => {
      const script = { ...replyAfter(1), idleMs: 5, connectMs: 2 }
      const { result, connections } = await loadScripted({ rate: 20, pacing, warmUp: '0s' }, script)
      expect(result).toMatchObject({ requests: 20, errors: {} })
      // The first of each is opened before the load; the request at 0 finds one.
      expect(connections).toBe(4 + 19)
      expect(result.latency.maxUs).toBeLessThan(3005)
      expect(result.latency.p50Us).toBeGreaterThanOrEqual(3000)
      expect(result.connectionWait.maxUs).toBe(0)
      expect(result.sendLag.maxUs).toBeLessThanOrEqual(4)
    },
  )

  test('of several connections those that are open are used first', async () => {
    const script = { ...replyAfter(1), idleMs: 45, connectMs: 2 }
    const { result, connections } = await loadScripted({ rate: 100, connections: 32, warmUp: '0s' }, script)
    expect(result).toMatchObject({ requests: 100, errors: {} })
    // Each of them would be idle for 320 ms.
    expect(connections).toBe(32)
    expect(result.latency.maxUs).toBeLessThan(1005)
  })

  test.for(['shared', 'per-connection'] as const)(
    'an arrival does not wait for the rest of a connection that broke: %s',
    async (pacing) => {
      const answer = ({ n }: { n: number }) => ({ afterMs: 1, ...(n <= 8 ? { fails: 'closed' as const } : {}) })
      const load = { rate: 50, pacing, connections: 1, warmUp: '0s' }
      const { result, connections } = await loadScripted(load, { answer, connectMs: 2 })
      expect(result).toMatchObject({ requests: 50, errors: { closed: 8 } })
      // The ninth rest would be 256 ms.
      expect(result.connectionWait.maxUs).toBe(0)
      expect(result.latency.maxUs).toBeLessThan(3005)
      expect(connections).toBe(1 + 8)
    },
  )
})

test('a connection that was idle for long before the load began, and is closed then, was one all the same', async () => {
  // Others take long to be opened.
  const script = { ...replyAfter(1), idleMs: 400, accepts: (n: number) => n < 4, connectMs: 1 }
  const { result } = await loadScripted({ rate: 2, warmUp: '0s' }, script, { aheadMs: 350 })
  expect(result.keptConnections).toMatchObject({ asked: 4, had: 3 })
  expect(result.failedConnections?.closed).toBeUndefined()
})

test('a thread that is late has its lag, and no connection to wait for', async () => {
  const { result } = await loadScripted({ rate: 50, warmUp: '0s' }, replyAfter(1), { aheadMs: -3 })
  expect(result.requests).toBe(50)
  expect(result.sendLag.maxUs).toBeGreaterThanOrEqual(3000)
  expect(result.connectionWait.maxUs).toBe(0)
})

test('a load ends with the reply to its last request', async () => {
  const { result, tookMs } = await loadScripted({ rate: 100, warmUp: '0s' }, replyAfter(1))
  expect(result.requests).toBe(100)
  expect(tookMs).toBeCloseTo(991, 1)
})
