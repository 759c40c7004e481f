import { expect, test } from 'vitest'
import { reason } from '../../reports/reasons.ts'
import { liveRuns } from './live.ts'
import { plantNames, plants } from './plants.ts'
import { redrawnRuns } from './redraw.ts'
import { longest, type Question, type Run } from './runs.ts'
import { base, recordedSession } from './testing.ts'

/** Making one takes a second. */
const recorded = recordedSession({ noise: 0.3, requests: 500 })

const asked = (runs: readonly Run[], question: Question) => runs.filter((run) => run.question === question)
const failed = (runs: readonly Run[]) => runs.filter(({ answer }) => answer === 'fail').length

test('a plant slows the echo down by what its title says', () => {
  expect(plants.busy5.env(base)).toEqual({ BUSY_US: '10.0' })
  expect(plants.busy5.slowed(0.3, base)).toBeCloseTo(0.31, 12)
  expect(plants.pause1ms.env(base)).toEqual({ SLEEP_MS: '1.250', SLEEP_EVERY: '50' })
  expect(plants.pause25.env(base)).toEqual({ SLEEP_MS: expect.stringMatching(/^0\.36[23]$/), SLEEP_EVERY: '50' })
  expect(plants.pause25.slowed(0.4, base)).toBeCloseTo(0.5, 12)
})

test('a session is cut into runs that begin afresh, and none is cut short', () => {
  const runs = liveRuns(recorded, base)
  expect(runs.every(({ rule, from, neighbour }) => rule === 'paired' && from === 'live' && neighbour === 'none')).toBe(
    true,
  )
  // Equal arms have no answer to a limit of 0: each run takes all of its time.
  expect(asked(runs, 'same')).toHaveLength(4)
  expect(failed(asked(runs, 'same'))).toBe(0)
  expect(asked(runs, 'same').map(({ seconds }) => seconds)).toEqual([30, 30, 30, 30])
  const planted = asked(runs, 'busy25')
  expect(failed(planted)).toBe(planted.length)
  expect(planted[0]?.seconds).toBe(14)
  // From 0, 14, 28, 42 and 56 on there are 60 left.
  expect(planted).toHaveLength(5)
})

test('what evidence or pods make invalid is no answer', () => {
  const session = recordedSession({ units: 60, requests: 500 })
  for (const trial of session.experiment.arms[1]?.trials ?? [])
    trial.validity = { valid: false, reasons: [reason('pod_restarted', 'it did')] }
  const runs = liveRuns(session, base)
  expect(new Set(asked(runs, 'same').map(({ answer }) => answer))).toEqual(new Set(['invalid']))
  expect(new Set(asked(runs, 'busy25').map(({ answer }) => answer))).toEqual(new Set(['fail']))
})

test('arms that were not measured have no runs', () => {
  const session = { ...recorded, plant: null }
  expect(asked(liveRuns(session, base), 'busy25')).toEqual([])
  expect(liveRuns({ ...session, experiment: { ...recorded.experiment, arms: [] } }, base)).toEqual([])
})

test('equal arms are drawn anew for every rule, and planted slow-downs are found where units are paired', () => {
  const runs = redrawnRuns([recorded], base, 20, 5)
  const of = (rule: Run['rule'], question: Question) => asked(runs, question).filter((run) => run.rule === rule)
  for (const rule of ['paired', 'slices', 'trials', 'one run'] as const)
    for (const question of ['same', 'budget', ...plantNames] as const) expect(of(rule, question)).toHaveLength(20)
  expect(failed(of('paired', 'same'))).toBeLessThanOrEqual(1)
  expect(failed(of('paired', 'busy25'))).toBe(20)
  expect(failed(of('paired', 'pause1ms'))).toBe(20)
  expect(Math.max(...of('paired', 'same').map(({ seconds }) => seconds))).toBe(longest.redrawn)
  // What changes from second to second falls on one arm more than on the other.
  expect(failed(of('trials', 'busy5'))).toBeLessThan(failed(of('paired', 'busy5')))
  expect(runs).toEqual(redrawnRuns([recorded], base, 20, 5))
})

test('too short a recording, or one in slices, is not drawn from', () => {
  expect(redrawnRuns([recordedSession({ units: 99 })], base, 5, 1)).toEqual([])
  expect(redrawnRuns([{ ...recorded, design: 'slices' }], base, 5, 1)).toEqual([])
})
