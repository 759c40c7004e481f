import { expect, test } from 'vitest'
import { conditionsOf } from './conditions.ts'
import { unitVerdict } from './testing/paired.ts'
import { pairedExperiment } from './testing/units.ts'

test('arms of commits say of which, and what was measured again says why', () => {
  const experiment = pairedExperiment()
  const [control, candidate] = experiment.arms
  if (control) control.source = { commit: 'a'.repeat(40), ref: 'main', dirty: false }
  if (candidate) candidate.source = { commit: 'b'.repeat(40), ref: null, dirty: true }
  const about = { indicator: 'p50Ms', unit: 'ms', limit: { max: 1 }, outcome: 'fail' } as const
  const verdict = unitVerdict(experiment, 'envoy', [2, 2], { ...about, why: 'the whole interval breaks it' })
  const lines = conditionsOf({ ...experiment, again: [{ deployments: 2, verdicts: [verdict] }] })
  const sides = [
    [control?.name, 'main, commit aaaaaaaaaaaa'],
    [candidate?.name, 'commit bbbbbbbbbbbb, with changes that are not committed'],
    ['again', expect.stringMatching(/^after 2 deployments limits were broken by a close call, .*: the whole interval/)],
  ]
  expect(lines.slice(0, 3)).toEqual(sides)
  const trials = { ...experiment, design: 'trials' as const, again: [{ deployments: 2, verdicts: [verdict] }] }
  expect(conditionsOf(trials)).toEqual(sides)
})
