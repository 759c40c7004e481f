import { expect, test } from 'vitest'
import type { RunSharing } from './design.ts'
import { profiles } from './profiles.ts'
import { type ExperimentInput, meshesSpec, parseExperiment } from './spec.ts'

const arms = meshesSpec.parse(['baseline', 'envoy'])
const { smoke, standard } = profiles
const parse = (input: object, run: RunSharing = {}, profile = standard) =>
  parseExperiment({ workload: 'http-echo', load: {}, ...input } as ExperimentInput, profile, arms, run)
const open = { load: { rate: 100 } }
const search = { keeping: { p99Ms: { max: 20 } } }
const streams = { workload: 'stream-receiver', load: { protocol: 'tcp' } }
const tool = { load: { tool: 'wrk' } }

test('a design is certain where only one is possible, and else left to what fits', () => {
  expect(parse(open).design).toBeUndefined()
  expect(parse({ ...open, design: 'slices' }).design).toBe('slices')
  expect(parse({ load: {} }).design).toBe('slices')
  for (const input of [streams, tool, { search }, { load: { rate: { from: 1, to: 9 } } }])
    expect(parse(input)).toMatchObject({ design: 'trials', trials: 10, deployments: 1, load: { durationMs: 5000 } })
  expect(parse({ ...open, arms: ['baseline'] })).toMatchObject({ design: undefined, deployments: 2 })
})

test('what a run asks for wins, but not over what can only have trials', () => {
  expect(parse({ ...open, design: 'paired' }, { design: 'slices' }).design).toBe('slices')
  expect(parse(streams, { design: 'paired' }).design).toBe('trials')
  expect(parse({ ...open, arms: ['baseline'] }, { design: 'paired' }).design).toBeUndefined()
  expect(() => parse({}, { design: 'paired' })).toThrow(
    '  design: received "paired"; slices or trials: a closed loop has no arrivals to deal out',
  )
})

test.for([
  [{ load: {}, design: 'paired' }, 'slices or trials: a closed loop has no arrivals to deal out'],
  [{ search, design: 'paired' }, 'trials, for a search for a rate'],
  [{ ...streams, design: 'slices' }, 'trials, for streams'],
  [{ ...tool, design: 'paired' }, 'trials, for a load that wrk makes'],
  [{ load: { rate: 5, maxRequests: 9 }, design: 'paired' }, 'trials, for a load that can end by itself'],
  [{ load: { rate: { from: 1, to: 9 } }, design: 'paired' }, 'trials, for a rate that changes up to the end'],
  [{ ...open, arms: ['baseline'], design: 'paired' }, 'none, or trials: one arm has the time to itself'],
  [{ ...open, arms: ['baseline'], design: 'slices' }, 'none, or trials: one arm has the time to itself'],
] as [{ design: string }, string][])('%j is refused', ([input, message]) => {
  expect(() => parse(input)).toThrow(`  design: received "${input.design}"; ${message}`)
})

test('the time measured is the longest: the experiment’s, else the run’s, else the profile’s', () => {
  expect(parse(open)).toMatchObject({ maxDurationMs: 100_000, load: { durationMs: 100_000, warmUpMs: 1500 } })
  expect(parse(open, { maxDurationMs: 300_000 }).maxDurationMs).toBe(300_000)
  expect(parse({ ...open, maxDuration: '60s' }, { maxDurationMs: 300_000 }).maxDurationMs).toBe(60_000)
  expect(parse({ ...open, maxDuration: '60s' }, { maxDurationMs: 30_000 }).maxDurationMs).toBe(30_000)
  expect(parse({ load: { rate: 100, duration: '40s' } })).toMatchObject({ maxDurationMs: 40_000 })
  expect(() => parse({ load: { rate: 1, duration: '40s' }, maxDuration: '50s' })).toThrow(
    '  maxDuration: received "50s"; as load.duration, 40000ms, or without it',
  )
})

test('too little for any verdict is refused, and says how much is needed', () => {
  expect(() => parse({ ...open, maxDuration: '13s' })).toThrow(
    `  maxDuration: received "13s"; at least 14000ms: a verdict takes 14 units of 1000ms; or design: 'trials'`,
  )
  expect(() => parse({ load: { rate: 1, duration: '6.9s' } }, {}, smoke)).toThrow(
    '  load.duration: received "6.9s"; at least 7000ms',
  )
  for (const trials of [1, 5])
    expect(() => parse({ ...open, design: 'trials', trials })).toThrow(`trials: received ${trials}; at least 6`)
  expect(() => parse({ ...open, trials: 10 })).toThrow("  trials: received 10; none, without design: 'trials'")
})

test('of trials a time limits the number, and never to fewer than can show anything', () => {
  // Two arms, each 1 s of warm-up and 5 s measured.
  expect(parse(streams, { maxDurationMs: 100_000 }).trials).toBe(8)
  expect(parse(streams, { maxDurationMs: 14_000 }).trials).toBe(6)
  expect(parse(streams, { maxDurationMs: 1_000_000 }).trials).toBe(10)
  expect(parse({ ...streams, maxDuration: '84s' }).trials).toBe(7)
  expect(parse({ search }, { maxDurationMs: 504_000 }).trials).toBe(7)
})

test('times are those of the experiment as written, also where a run turns it into another', () => {
  const asTrials = parse({ load: { rate: 100, duration: '60s' } }, { design: 'trials' })
  expect(asTrials).toMatchObject({ trials: 6, maxDurationMs: 60_000, load: { durationMs: 5000 } })
  const written = { design: 'trials', trials: 6, load: { rate: 100, duration: '1s' } }
  expect(parse(written).load.durationMs).toBe(1000)
  expect(parse(written, { design: 'slices' })).toMatchObject({ design: 'slices', maxDurationMs: 100_000 })
})

test('a rate may fit itself to the slowest arm', () => {
  const spec = parse({ load: { rate: { atMost: 1000 } } })
  expect(spec).toMatchObject({ fit: { atMost: 1000, utilisation: 0.5 }, load: { rate: 1000 } })
  expect(parse(open)).not.toHaveProperty('fit')
  expect(() => parse({ load: { rate: { atMost: 0, utilisation: 0.95 } } })).toThrow(
    [
      'experiment: 2 wrong fields',
      '  load.rate.atMost: received 0; above 0',
      '  load.rate.utilisation: received 0.95; at most 0.9',
    ].join('\n'),
  )
  expect(() => parse({ load: { rate: 0 } })).toThrow('  load.rate: received 0; above 0')
  expect(() => parse({ load: { rate: 'fast' } })).toThrow(
    '  load.rate: received "fast"; a number, { atMost, utilisation? }',
  )
})
