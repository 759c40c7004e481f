import { describe, expect, test } from 'vitest'
import { type Experiment, type Outcome, outcomes } from '../../reports/record.ts'
import { exitCodes } from '../exit-codes.ts'
import { experimentOutcome, runOutcome } from './outcome.ts'

const statuses = ['passed', 'failed', 'skipped'] as const satisfies Experiment['status'][]

/** Every set of verdicts, and the outcome of an experiment whose test passed, failed, and was skipped. */
const ofExperiments: [verdicts: Outcome[], expected: [passed: Outcome, failed: Outcome, skipped: Outcome]][] = [
  [[], ['pass', 'invalid', 'inconclusive']],
  [['pass'], ['pass', 'invalid', 'inconclusive']],
  [['inconclusive'], ['inconclusive', 'inconclusive', 'inconclusive']],
  [
    ['pass', 'inconclusive'],
    ['inconclusive', 'inconclusive', 'inconclusive'],
  ],
  [['invalid'], ['invalid', 'invalid', 'invalid']],
  [
    ['pass', 'invalid'],
    ['invalid', 'invalid', 'invalid'],
  ],
  [
    ['inconclusive', 'invalid'],
    ['invalid', 'invalid', 'invalid'],
  ],
  [
    ['pass', 'inconclusive', 'invalid'],
    ['invalid', 'invalid', 'invalid'],
  ],
  [['fail'], ['fail', 'fail', 'fail']],
  [
    ['pass', 'fail'],
    ['fail', 'fail', 'fail'],
  ],
  [
    ['inconclusive', 'fail'],
    ['fail', 'fail', 'fail'],
  ],
  [
    ['pass', 'inconclusive', 'fail'],
    ['fail', 'fail', 'fail'],
  ],
  [
    ['invalid', 'fail'],
    ['fail', 'fail', 'fail'],
  ],
  [
    ['pass', 'invalid', 'fail'],
    ['fail', 'fail', 'fail'],
  ],
  [
    ['inconclusive', 'invalid', 'fail'],
    ['fail', 'fail', 'fail'],
  ],
  [
    ['pass', 'inconclusive', 'invalid', 'fail'],
    ['fail', 'fail', 'fail'],
  ],
]

const experiment = (status: Experiment['status'], verdicts: readonly Outcome[]) => ({
  status,
  verdicts: verdicts.map((outcome) => ({ outcome }) as Experiment['verdicts'][number]),
})

describe('an experiment', () => {
  test('is tried with every set of verdicts', () => {
    const sets = ofExperiments.map(([verdicts]) => [...verdicts].sort().join())
    expect(new Set(sets).size).toBe(2 ** outcomes.length)
  })

  const cases = ofExperiments.flatMap(([verdicts, expected]) =>
    statuses.map((status, i) => ({ status, verdicts, outcome: expected[i] })),
  )
  test.for(cases)('whose test $status with verdicts $verdicts is $outcome', ({ status, verdicts, outcome }) => {
    expect(experimentOutcome(experiment(status, verdicts))).toBe(outcome)
    expect(experimentOutcome(experiment(status, verdicts.toReversed()))).toBe(outcome)
  })
})

/** What the experiments of a run came to (null: there are none), what its other tests did, and the exit code. */
const ofRuns: [experiments: Outcome | null, failed: boolean, skipped: boolean, Outcome, exitCode: number][] = [
  [null, false, false, 'pass', 0],
  [null, false, true, 'inconclusive', 3],
  [null, true, false, 'invalid', 4],
  [null, true, true, 'invalid', 4],
  ['pass', false, false, 'pass', 0],
  ['pass', false, true, 'inconclusive', 3],
  ['pass', true, false, 'invalid', 4],
  ['pass', true, true, 'invalid', 4],
  ['inconclusive', false, false, 'inconclusive', 3],
  ['inconclusive', false, true, 'inconclusive', 3],
  ['inconclusive', true, false, 'invalid', 4],
  ['inconclusive', true, true, 'invalid', 4],
  ['invalid', false, false, 'invalid', 4],
  ['invalid', false, true, 'invalid', 4],
  ['invalid', true, false, 'invalid', 4],
  ['invalid', true, true, 'invalid', 4],
  ['fail', false, false, 'fail', 1],
  ['fail', false, true, 'fail', 1],
  ['fail', true, false, 'fail', 1],
  ['fail', true, true, 'fail', 1],
]

describe('a run', () => {
  test.for(ofRuns)(
    'whose experiments are %s, other tests failed: %s, skipped: %s, is %s and ends with %i',
    ([came, failed, skipped, outcome, exitCode]) => {
      const experiments = came === null ? [] : [experiment('passed', [came])]
      expect(runOutcome(experiments, { failed, skipped })).toBe(outcome)
      expect(exitCodes[outcome]).toBe(exitCode)
    },
  )

  test('comes to the worst of its experiments', () => {
    const none = { failed: false, skipped: false }
    const all = [experiment('passed', ['pass']), experiment('skipped', []), experiment('failed', ['pass'])]
    expect(runOutcome(all.slice(0, 1), none)).toBe('pass')
    expect(runOutcome(all.slice(0, 2), none)).toBe('inconclusive')
    expect(runOutcome(all, none)).toBe('invalid')
    expect(runOutcome([...all, experiment('failed', ['fail'])], none)).toBe('fail')
  })
})
