import { expect, test } from 'vitest'
import { profiles } from '../experiment/profiles.ts'
import { type ContentionInput, parseContention } from './spec.ts'

const parse = (input: unknown) => parseContention(input as ContentionInput, profiles.smoke)
const strategies = [{ selector: 'app=http-echo', priority: 20 }]

test('what is left out is the profile’s, and the arms differ in the strategies alone', () => {
  const spec = parse({ strategies })
  const { durationMs, warmUpMs } = profiles.smoke
  expect(spec).toMatchObject({
    ...{
      control: 'no strategy',
      design: 'trials',
      trials: 8,
      competitors: 3,
      workload: 'http-echo',
      env: {},
      probes: ['runqueue'],
    },
    load: { rate: 200, durationMs, warmUpMs, agents: 1 },
  })
  expect(spec.arms.map(({ name, settings }) => [name, settings])).toEqual([
    ['no strategy', { competitors: 3 }],
    ['strategy', { competitors: 3, strategies }],
  ])
  expect(parseContention({ strategies }, profiles.thorough).trials).toBe(profiles.thorough.trials)
  expect(parseContention({ strategies }, profiles.standard, { maxDurationMs: 1000 }).trials).toBe(6)
})

test('every wrong field is named with what was received and what is allowed', () => {
  const wrong = [
    { selector: 'app=', priority: 1.5 },
    { pid: 1 },
    { selector: 'a=b', namespaces: ['c'] },
    { selector: 'a=b', nice: 3 },
    5,
  ]
  const bad = {
    strategies: wrong,
    competitors: 0,
    env: { BUSY_US: 'long' },
    load: { tool: 'wrk' },
    workload: 'http-echo',
  }
  expect(() => parse(bad)).toThrow(/^contention: \d+ wrong fields\n/)
  for (const line of [
    /strategies\.0\.priority: received 1\.5; true, false, or a whole number/,
    /strategies\.1\.pid: received 1; none: it is about pods/,
    /strategies\.2\.namespaces: received \["c"\]; none: it is about the pods of its arm/,
    /strategies\.3\.nice: no such field; one of: priority, /,
    /strategies\.4: received 5; a strategy/,
    /competitors: received 0; at least 1/,
    /load\.tool: no such field/,
    /workload: no such field; one of: placement, trials, strategies, competitors, env, load/,
  ])
    expect(() => parse(bad)).toThrow(line)
  expect(() => parse({ strategies, env: { BUSY_US: 'long' } })).toThrow('env.BUSY_US: received')
})

test('there is something to compare, and an end to it', () => {
  expect(() => parse({})).toThrow('strategies: received nothing; a list of strategies')
  expect(() => parse({ strategies: [] })).toThrow('strategies: received []; at least one')
  expect(() => parse({ strategies: [{ priority: 1 }] })).toThrow(
    'strategies.0.pid: received nothing; a pid, or selectors',
  )
  expect(() => parse({ strategies, load: { duration: '10m' } })).toThrow('load.duration: received "10m"; at most 5m')
})

test('a strategy that changes nothing is refused', () => {
  expect(() => parse({ strategies: [{ selector: 'app=http-echo' }] })).toThrow(
    /strategies\.0: received .*; one with a priority or an execution_time: else nothing differs/,
  )
})
