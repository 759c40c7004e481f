import { describe, expect, test } from 'vitest'
import { churnOf, effectOf, longestGapMs, unsettled } from './effect.ts'
import type { Sample } from './messages.ts'

/** A request every 10 ms from `from` to before `to`, each answered after 4 ms. */
const series = (from: number, to: number, outcome: Sample['outcome']): Sample[] =>
  Array.from({ length: (to - from) / 10 }, (_, i) => ({
    sentAt: from + 10 * i,
    endedAt: from + 10 * i + 4,
    outcome,
  }))
const seen = (fresh: Sample[], kept: Sample[] = []) => ({ fresh, kept, clockAheadMs: 0 })
const change = { from: 200, to: 201, askedAt: 980, acceptedAt: 1000 }

describe('one change', () => {
  test('counts to the first reply of the new side and to the last of the old one', () => {
    const fresh = [
      ...series(0, 1100, 200),
      ...series(1100, 1120, 201),
      ...series(1120, 1140, 200),
      ...series(1140, 3000, 201),
    ]
    expect(effectOf(change, 3000, seen(fresh))).toEqual({
      acceptMs: 20,
      pushMs: 104,
      settledMs: 134,
      keptPushMs: null,
    })
  })

  test('one that was in force before its acceptance was known took no time', () => {
    const fresh = [...series(0, 990, 200), ...series(990, 3000, 201)]
    expect(effectOf(change, 3000, seen(fresh))).toMatchObject({ pushMs: 0, settledMs: 0 })
  })

  test('errors are of neither side', () => {
    const fresh = [...series(0, 1000, 200), ...series(1000, 1200, 503), ...series(1200, 3000, 201)]
    expect(effectOf(change, 3000, seen(fresh))).toMatchObject({ pushMs: 204, settledMs: 0 })
  })

  test('what did not come or did not go is not known', () => {
    expect(effectOf(change, 3000, seen(series(0, 3000, 200)))).toMatchObject({ pushMs: null, settledMs: null })
    const both = [...series(0, 2000, 200), ...series(2000, 2900, 201), ...series(2900, 3000, 200)]
    expect(effectOf(change, 3000, seen(both))).toMatchObject({ pushMs: 1004, settledMs: null })
    expect(effectOf(change, 3000, seen(series(0, 500, 200)))).toMatchObject({ pushMs: null, settledMs: null })
  })

  test('a connection that is kept follows, or stays with its server', () => {
    const fresh = [...series(0, 1100, 200), ...series(1100, 3000, 201)]
    const follows = [...series(0, 1300, 200), ...series(1300, 3000, 201)]
    expect(effectOf(change, 3000, seen(fresh, follows)).keptPushMs).toBe(304)
    expect(effectOf(change, 3000, seen(fresh, series(0, 3000, 200))).keptPushMs).toBeNull()
    // It has been on the new side all the time, as it did not follow the change before.
    expect(effectOf(change, 3000, seen(fresh, series(0, 3000, 201))).keptPushMs).toBeNull()
  })
})

describe('a trial', () => {
  const there = { from: 200, to: 201, askedAt: 990, acceptedAt: 1000 }
  const back = { from: 201, to: 200, askedAt: 2990, acceptedAt: 3000 }

  test('has the medians of its changes', () => {
    const fresh = [...series(0, 1100, 200), ...series(1100, 3300, 201), ...series(3300, 5000, 200)]
    const churn = churnOf('endpoint', [there, back], 5000, seen(fresh))
    expect(churn).toMatchObject({ pushMs: 204, settledMs: 194, keptPushMs: null, requests: 500, errors: {} })
    expect(churn.changes.map(({ atMs, pushMs }) => [atMs, pushMs])).toEqual([
      [0, 104],
      [2000, 304],
    ])
    expect(unsettled(churn, 2000)).toEqual([])
  })

  test('has none when one of them is not known, and says which', () => {
    const fresh = [...series(0, 1100, 200), ...series(1100, 5000, 201)]
    const churn = churnOf('endpoint', [there, back], 5000, seen(fresh))
    expect(churn).toMatchObject({ pushMs: null, settledMs: null })
    expect(unsettled(churn, 2000)).toEqual([
      { code: 'change_not_in_force', text: 'change 2 of 2 was not in force within 2 s' },
    ])
    const late = [...series(0, 1100, 200), ...series(1100, 2900, 201), ...series(2900, 3000, 200)]
    expect(unsettled(churnOf('rollout', [there], 3000, seen(late)), 2000)).toEqual([
      { code: 'change_not_settled', text: 'change 1 of 1: what was there before still answered after 2 s' },
    ])
  })

  test('says when its times are not exact: to a quarter of a second, or to a tenth of what takes longer', () => {
    const fresh = [...series(0, 1100, 200), ...series(1500, 3000, 201)]
    const churn = churnOf('endpoint', [there], 3000, seen(fresh))
    expect(churn).toMatchObject({ pushMs: 504, longestPauseMs: 410 })
    expect(unsettled(churn, 2000)).toEqual([
      { code: 'sampler_paused', text: 'the sampler could send nothing for 410 ms, above 250 ms' },
    ])

    const accepted = { ...there, askedAt: 700 }
    const quick = [...series(0, 1100, 200), ...series(1100, 9000, 201)]
    expect(unsettled(churnOf('endpoint', [accepted], 9000, seen(quick)), 8000)).toEqual([
      {
        code: 'change_moment_unknown',
        text: 'change 1 of 1 was accepted at some moment of 300 ms, which is to be known to 250 ms',
      },
    ])
    const slow = [...series(0, 5000, 200), ...series(5000, 9000, 201)]
    expect(unsettled(churnOf('rollout', [accepted], 9000, seen(slow)), 8000)).toEqual([])
  })

  test('counts its errors by kind', () => {
    const fresh = [
      ...series(0, 100, 200),
      ...series(100, 120, 503),
      ...series(120, 150, 'connect'),
      ...series(150, 200, 404),
    ]
    expect(churnOf('rollout', [], 200, seen(fresh))).toMatchObject({
      requests: 20,
      errors: { http_5xx: 2, connect: 3, http_4xx: 5 },
    })
  })
})

describe('the longest gap', () => {
  test('is from reply to reply while requests wait', () => {
    expect(longestGapMs(series(0, 500, 200))).toBe(4)
    const stalled = [...series(0, 100, 200), { sentAt: 100, endedAt: 350, outcome: 200 }, ...series(350, 500, 200)]
    expect(longestGapMs(stalled)).toBe(250)
  })

  test('is as long as errors go on', () => {
    expect(longestGapMs([...series(0, 100, 200), ...series(100, 400, 'connect'), ...series(400, 500, 201)])).toBe(304)
    expect(longestGapMs([...series(0, 100, 200), ...series(100, 200, 'connect')])).toBe(94)
  })

  test('does not count time in which nothing was asked', () => {
    expect(longestGapMs([...series(0, 100, 200), ...series(900, 1000, 200)])).toBe(4)
  })

  test('is not known without a reply', () => {
    expect(longestGapMs([])).toBeNull()
    expect(longestGapMs(series(0, 100, 'timeout'))).toBeNull()
  })
})
