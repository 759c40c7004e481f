import { expect, test } from 'vitest'
import { loadScripted, replyAfter, type Script } from './testing-lanes.ts'

const waiting = (input: Parameters<typeof loadScripted>[0], script: Script) =>
  loadScripted(input, script, { pause: 'wait' })

test.for([
  ['every 10 ms, answered in 2 ms', { rate: 100 }, 2],
  ['every 2 ms, answered in 0.3 ms', { rate: 500 }, 0.3],
  ['every ms, answered in 3 ms', { rate: 1000 }, 3],
  ['every ms, per connection', { rate: 1000, pacing: 'per-connection' }, 0.3],
  ['every 0.1 ms', { rate: 10_000 }, 0.05],
] as const)(
  'a load that waits sends when it is due, and sees replies when they come: %s',
  async ([, shape, afterMs]) => {
    const { result, asked } = await waiting({ ...shape, warmUp: '100ms' }, replyAfter(afterMs))
    expect(result).toMatchObject({ requests: shape.rate, errors: {}, pause: 'wait' })
    for (const [i, { atMs }] of asked.entries()) expect(atMs).toBeCloseTo((i * 1000) / shape.rate, 1)
    expect(result.sendLag.maxUs).toBeLessThanOrEqual(4)
    expect(result.latency.p50Us).toBeGreaterThanOrEqual(afterMs * 1000 - 1)
    expect(result.latency.maxUs).toBeLessThan(afterMs * 1000 + 10)
  },
)

test('it sleeps where it is while nothing is awaited, and in the event loop while something is', async () => {
  const { clock: quick, asked } = await waiting({ rate: 1000, warmUp: '0s' }, replyAfter(0.3))
  // Of each ms 0.3 are awaited, and 0.05 kept in hand.
  expect(quick.sleptMs / asked.length).toBeGreaterThan(0.5)
  expect(quick.sleptMs / asked.length).toBeLessThan(0.66)
  const { clock: slow } = await waiting({ rate: 1000, warmUp: '0s' }, replyAfter(3))
  expect(slow.sleptMs).toBeLessThan(5)
  expect(slow.alarms).toBeGreaterThan(990)
})

test('it does not sleep for less than waking up takes', async () => {
  const { clock } = await waiting({ rate: 6000, warmUp: '0s' }, replyAfter(0.05))
  // After the last one is sent there is nothing to wake for.
  expect(clock).toMatchObject({ sleptMs: 0, alarms: 0 })
})

test('connections that are being opened are not slept over', async () => {
  const shape = { rate: 500, requestsPerConnection: 5, connections: 2, warmUp: '0s' }
  const { result, connections, clock } = await waiting(shape, { ...replyAfter(0.3), connectMs: 0.5 })
  expect(result).toMatchObject({ requests: 500, errors: {} })
  expect(connections).toBeGreaterThan(99)
  expect(clock.sleptMs).toBe(0)
  // Of two connections one is always there.
  expect(result.connectionWait.maxUs).toBe(0)
})

test('a rest between reply and request is slept through', async () => {
  const { result, clock, asked } = await waiting({ thinkTime: '2ms', connections: 1, warmUp: '0s' }, replyAfter(0.5))
  expect(result).toMatchObject({ errors: {}, pause: 'wait' })
  expect(asked.length).toBeGreaterThan(390)
  expect(clock.sleptMs).toBeGreaterThan(700)
  expect(result.sendLag.maxUs).toBeLessThanOrEqual(4)
})

test.for([
  [{ rate: 100 }, 'spin'],
  [{ thinkTime: '5ms' }, 'spin'],
  [{}, undefined],
] as const)('a result says how the load passed the time: %j', async ([shape, pause]) => {
  const { result, clock } = await loadScripted({ ...shape, duration: '100ms' }, replyAfter(1))
  expect(result.pause).toBe(pause)
  expect(clock).toMatchObject({ sleptMs: 0, alarms: 0 })
})

test.for(['wait', 'spin'] as const)(
  'while arrivals wait for a connection, a load that would %s does not spin',
  async (pause) => {
    const shape = { rate: 1000, connections: 2, duration: '1s', warmUp: '0s' }
    const { result, clock, asked } = await loadScripted(shape, replyAfter(50), { pause })
    expect(result.requests).toBe(1000)
    // In the first moments after a request left, replies are looked for.
    expect(clock.turns / asked.length).toBeLessThan(pause === 'wait' ? 5 : 2000)
  },
)
