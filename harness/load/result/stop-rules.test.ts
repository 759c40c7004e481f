import { describe, expect, test } from 'vitest'
import { loadOn, okReply, rawServer } from '../../agent/testing.ts'
import { parseConfig } from '../../config.ts'
import { type LoadInput, loadSchema } from '../input/index.ts'
import { stopRules } from './stop-rules.ts'
import { at, Tally } from './tally.ts'

const rulesOf = (input: LoadInput, tallies: Tally[] = []) =>
  stopRules({ ...loadSchema.parse(input), url: 'http://127.0.0.1/' }, tallies)
const second = (n: number, { requests = 100, errors = 0, p99Ms = 1 }: Record<string, number> = {}) => ({
  atMs: n * 1000,
  requests,
  errors,
  p50Us: null,
  p99Us: requests === 0 ? null : p99Ms * 1000,
})

test('a limit has to be broken for as long as it says, without a break', () => {
  const judge = rulesOf({ stopWhen: { errorRate: 0.1, for: '3s' } })
  const answers = [50, 50, 0, 50, 50, 50].map((errors, i) => judge(second(i + 1, { errors })))
  expect(answers.slice(0, 5)).toEqual([null, null, null, null, null])
  expect(answers[5]).toEqual({
    by: 'errorRate',
    why: '50 % of the requests failed, above 10 %, for 3.0 s',
    atMs: 6000,
    highestRate: 100,
  })
})

test('a second in which nothing ended neither breaks a limit nor keeps it', () => {
  const judge = rulesOf({ stopWhen: { p99Ms: 20, for: '2s' } })
  expect(judge(second(1, { p99Ms: 25 }))).toBeNull()
  expect(judge(second(2, { requests: 0 }))).toBeNull()
  expect(judge(second(3, { p99Ms: 30 }))).toMatchObject({ by: 'p99Ms', why: 'p99 was 30.0 ms, above 20 ms, for 3.0 s' })
})

test('a rate that the generator cannot make is given up, and no other', () => {
  const run = (busyShare: number, behindMs: number) => {
    const tally = new Tally()
    const judge = rulesOf({ rate: 1e6 }, [new Tally(), tally])
    for (let n = 1; n <= 10; n++) {
      tally.measured.counters[at.busyNs] = n * busyShare * 1e9
      tally.measured.counters[at.behindNs] = n * behindMs * 1e6
      const stopped = judge(second(n))
      if (stopped) return stopped
    }
    return null
  }
  expect(run(0.99, 400)).toMatchObject({
    by: 'generator',
    why: expect.stringMatching(
      /could not hold the rate: it was at work 99 % of the time and fell 1200 ms behind, for 3/,
    ),
    atMs: 3000,
    highestRate: 100,
  })
  expect(run(0.99, 0)).toBeNull()
  expect(run(0.5, 400)).toBeNull()
})

test('every wrong field is named', () => {
  const wrong = (input: unknown) => () => parseConfig(loadSchema, input, 'load')
  expect(wrong({ maxRequests: 0, stopWhen: { errorRate: 1.5, p99: 3, for: 'long' } })).toThrow(
    /maxRequests: received 0; at least 1\n.*errorRate: received 1.5; below 1.*\n.*for: received "long".*\n.*stopWhen\.p99: no such field/,
  )
  expect(wrong({ maxRequests: 2, threads: 3 })).toThrow('maxRequests: received 2; at least one for each thread, 3')
  expect(wrong({ stopWhen: {} })).toThrow('errorRate, p99Ms or both')
})

// By real agents. Every other shape of a load is tested with a clock of the test's own, in engine/loop/stop.test.ts.
describe.concurrent('a load of an agent ends early', () => {
  test.for([
    ['open', { rate: 100 }],
    ['closed', {}],
  ] as const)('by its number of requests: %s', async ([, shape]) => {
    await using server = await rawServer((socket) => setTimeout(() => socket.write(okReply), 2))
    const result = await loadOn(server.url, { ...shape, maxRequests: 51, threads: 2, duration: '20s' })
    expect(result).toMatchObject({ requests: 51, errors: {}, stopped: { by: 'maxRequests' } })
    expect(result.stopped?.why).toBe('all 51 requests were sent')
    expect(result.latency.count).toBe(51)
    expect(server.requests).toBe(51 + result.warmUpRequests)
    expect(result.durationMs).toBeLessThan(8000)
    expect(result.durationMs).toBeGreaterThanOrEqual(result.stopped?.atMs ?? Number.NaN)
    expect(result.achievedRate).toBeCloseTo((51 * 1000) / result.durationMs, 6)
    if ('rate' in shape) expect(result.stopped?.atMs).toBeCloseTo(510, 6)
  })

  test.for([
    ['open', { rate: 100 }],
    ['closed', {}],
  ] as const)('by a limit, and tells the truth about the rest: %s', async ([, shape]) => {
    await using server = await rawServer((socket) =>
      setTimeout(() => socket.write('HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n'), 5),
    )
    const stopWhen = { errorRate: 0.5, for: '1s' }
    const result = await loadOn(server.url, { ...shape, threads: 2, duration: '20s', stopWhen })
    expect(result.stopped).toMatchObject({ by: 'errorRate', highestRate: 0 })
    expect(result.stopped?.why).toMatch(/^100 % of the requests failed, above 50 %, for \d\.\d s$/)
    expect(result.durationMs).toBeLessThan(8000)
    // An arrival that was due and had not left when the load was stopped is unsent.
    const { http_5xx: answered, unsent = 0 } = result.errors
    expect(result.errors).toEqual({ http_5xx: answered, ...(unsent > 0 ? { unsent } : {}) })
    expect(answered).toBe(result.requests - unsent)
    expect(server.requests).toBe(result.requests - unsent + result.warmUpRequests)
    expect(result.achievedRate).toBeCloseTo(((answered ?? 0) * 1000) / result.durationMs, 6)
    expect(result.busyShare).toBeGreaterThan(0)
  })
})
