import { expect, test } from 'vitest'
import { agentInput, readAgentInput } from '../../agent/input.ts'
import { type LoadPlan, recordedLoad } from '../plan.ts'
import { inputFiles, parseLoad, wrongLoad } from '../testing.ts'

const file = inputFiles()
const passedOn = (load: LoadPlan) => readAgentInput(agentInput({ ...load, url: 'http://127.0.0.1/' }))

test('each form of a rate is read, and passed on to an agent as it was read', async () => {
  const replay = await file('arrivals.txt', '0\n0.0015\n2ms\n1.25s\r\n1e1\n\n')
  const forms: [unknown, unknown][] = [
    [1000, 1000],
    [
      { from: 0, to: 50 },
      { from: 0, to: 50 },
    ],
    [{ steps: [{ rate: 5, duration: '10s' }] }, { steps: [{ rate: 5, durationMs: 10_000 }] }],
    [
      { burst: 5, every: '250ms' },
      { burst: 5, everyMs: 250, base: 0 },
    ],
    [{ replay }, { replay, arrivalsMs: [0, 1.5, 2, 1250, 10_000] }],
  ]
  for (const [rate, read] of forms) {
    const load = parseLoad({ rate })
    expect(load.rate).toEqual(read)
    expect(passedOn(load).rate).toEqual(read)
  }
})

test('a range is one value or two, and passed on as it was read', () => {
  const load = parseLoad({ thinkTime: '10ms', requestsPerConnection: { min: 5, max: 9 }, stagger: '2s' })
  const read = { thinkTimeMs: { min: 10, max: 10 }, requestsPerConnection: { min: 5, max: 9 }, staggerMs: 2000 }
  expect(load).toMatchObject(read)
  expect(passedOn(load)).toMatchObject(read)
})

test('of a recording a record keeps the name and the count', async () => {
  const replay = await file('recorded.txt', '0\n1\n')
  expect(recordedLoad(parseLoad({ rate: { replay } }))).toMatchObject({
    rate: { replay, arrivals: 2 },
    connections: 32,
  })
  expect(recordedLoad(parseLoad({ rate: 5 }))).toEqual({ ...parseLoad({ rate: 5 }), headers: {} })
})

test('every wrong field of a rate is named', () => {
  expect(wrongLoad({ rate: 'fast' })).toContain('rate: received "fast"; a number, { from, to }, { steps }')
  expect(wrongLoad({ rate: { from: -1, to: 'x' } })).toMatch(
    /rate\.from: received -1; at least 0\n.*rate\.to: received "x"/,
  )
  expect(wrongLoad({ rate: { from: 0, to: 0 } })).toContain('one of from and to above 0')
  expect(
    wrongLoad({
      rate: {
        steps: [
          { rate: 1, duration: 5 },
          { rate: -1, duration: '1s' },
        ],
      },
    }),
  ).toMatch(/rate\.steps\.0\.duration: received 5; a duration .*\n.*rate\.steps\.1\.rate: received -1; at least 0/)
  expect(wrongLoad({ rate: { steps: [{ rate: 0, duration: '1s' }] } })).toContain(
    'at least one step with a rate above 0',
  )
  expect(wrongLoad({ rate: { burst: 1.5, every: '0s' } })).toMatch(
    /rate\.burst: received 1\.5.*\n.*rate\.every: received "0s"/,
  )
})

test('what the fields of a load ask of each other is named too', async () => {
  const steps = [
    { rate: 1, duration: '3s' },
    { rate: 2, duration: '4s' },
  ]
  expect(wrongLoad({ rate: { steps } })).toContain(
    'duration: received "10000ms"; as long as all steps together, 7000ms',
  )
  expect(wrongLoad({ rate: { steps }, duration: '7s' })).toBe('nothing wrong')
  expect(wrongLoad({ rate: { burst: 1, every: '1s' }, arrivals: 'poisson' })).toContain(
    'arrivals: received "poisson"; constant',
  )
  expect(wrongLoad({ rate: { burst: 1, every: '1s', base: 1 }, arrivals: 'poisson' })).toBe('nothing wrong')
  const replay = await file('late.txt', '60\n')
  expect(wrongLoad({ rate: { replay } })).toContain('duration: received "10000ms"; longer than until the first arrival')
})

test('what belongs to another kind of loop is named', () => {
  expect(wrongLoad({ rate: 5, thinkTime: '1s' })).toContain('thinkTime: received "1s"; only of a closed loop')
  expect(wrongLoad({ thinkTime: { min: '2s', max: '1s' } })).toContain('min at most max')
  expect(wrongLoad({ pacing: 'shared' })).toContain('pacing: received "shared"; only of an open loop')
  expect(wrongLoad({ requestsPerConnection: 5, keepAlive: false })).toContain('none without keepAlive')
  expect(wrongLoad({ stagger: '12s' })).toContain(
    'stagger: received "12s"; at most as long as the load with its warm-up',
  )
  expect(wrongLoad({ rate: 5, stagger: '2s', pacing: 'per-connection' })).toContain('stagger: received "2s"; none with')
})

test('a recording that cannot be replayed says why', async () => {
  const replaying = async (text: string) => wrongLoad({ rate: { replay: await file('wrong.txt', text) } })
  expect(wrongLoad({ rate: { replay: '/gone/none' } })).toMatch(
    /rate\.replay: received ".*none"; a file that can be read/,
  )
  expect(await replaying('\n\n')).toContain('this one is empty')
  expect(await replaying('0\n1,5\n')).toContain('line 2 is "1,5", not a time such as')
  expect(await replaying('0\n-1\n')).toContain('line 2 is "-1"')
  expect(await replaying('0\n2\n1900ms\n')).toContain('line 3, 1900ms, is earlier than the line before it')
  expect(await replaying('0\n'.repeat(1_000_001))).toContain('at most 1000000 arrivals; this file has 1000001')
})
