import { describe, expect, test } from 'vitest'
import type { Distribution } from '../../reports/load-result.ts'
import { reason } from '../../reports/reasons.ts'
import type { Arm, Trial, Verdict } from '../../reports/record.ts'
import { judgeBudgets, judgeObjectives, judgeShares } from './objectives.ts'

const distribution = (p99Us: number | null): Distribution => ({
  count: p99Us === null ? 0 : 100,
  meanUs: p99Us,
  p50Us: p99Us,
  p90Us: p99Us,
  p99Us,
  p999Us: p99Us,
  maxUs: p99Us,
  histogram: '',
})

interface Change {
  errors?: number
  lagUs?: number
  invalid?: string
}

function arm(name: string, p99Ms: number[], change: Change = {}): Arm {
  const trials = p99Ms.map(
    (ms, i): Trial => ({
      index: i + 1,
      block: 1,
      arm: name,
      startedAt: '2026-01-01T00:00:00.000Z',
      load: {
        targetRate: 1000,
        achievedRate: 1000,
        requests: 1000,
        warmUpRequests: 0,
        errors: change.errors ? { http_5xx: change.errors } : {},
        latency: distribution(ms * 1000),
        serviceTime: distribution(ms * 1000),
        connectionWait: distribution(0),
        sendLag: distribution(change.lagUs ?? 5),
        cpuUsPerRequest: null,
        busyShare: null,
        bytesReceived: null,
        durationMs: 1000,
        timeline: [],
        validity: { valid: true, reasons: [] },
      },
      resources: [],
      evidence: null,
      validity: {
        valid: !change.invalid,
        reasons: change.invalid ? [reason('evidence_mismatch', change.invalid)] : [],
      },
    }),
  )
  return { name, mesh: name, mode: null, settings: {}, control: name === 'baseline', skipped: null, trials }
}

const judging = { seed: 1 }
const quiet = [1, 1.01, 0.99, 1.02, 0.98, 1]
const noisy = [1, 9, 2, 12, 3, 8]
const one = (verdicts: Verdict[]) => verdicts[0] as Verdict

describe('objectives', () => {
  test('pass when the whole interval keeps the limit', () => {
    const verdict = one(judgeObjectives(arm('envoy', quiet), { p99Ms: { max: 2 } }, judging))
    expect(verdict).toMatchObject({
      outcome: 'pass',
      measured: 1,
      unit: 'ms',
      limit: { max: 2 },
      trials: { arm: 6, over: null },
    })
    expect(verdict.why).toBe('p99Ms of envoy: 1.00 ms [0.98, 1.02], target ≤ 2 ms: the whole interval keeps it')
  })

  test('fail when the whole interval breaks it', () => {
    expect(one(judgeObjectives(arm('envoy', quiet), { p99Ms: { max: 0.5 } }, judging)).outcome).toBe('fail')
    expect(one(judgeObjectives(arm('envoy', quiet), { achievedRate: { min: 2000 } }, judging)).outcome).toBe('fail')
  })

  test('inconclusive when the interval straddles it', () => {
    expect(one(judgeObjectives(arm('envoy', noisy), { p99Ms: { max: 5 } }, judging)).outcome).toBe('inconclusive')
  })

  test('inconclusive with fewer than six trials, and nothing is made up', () => {
    const verdict = one(judgeObjectives(arm('envoy', [1, 1, 1, 1]), { p99Ms: { max: 5 } }, judging))
    expect(verdict).toMatchObject({ outcome: 'inconclusive', measured: null, interval: null })
    expect(verdict.why).toContain('4; 6 an arm are needed')
  })

  test('invalid when the trials cannot be trusted, with their reasons', () => {
    const verdict = one(
      judgeObjectives(arm('envoy', quiet, { invalid: 'no handshake' }), { p99Ms: { max: 5 } }, judging),
    )
    expect(verdict.outcome).toBe('invalid')
    expect(verdict.why).toContain('envoy: no handshake (trials 1, 2, 3, 4, 5, 6)')
  })

  test('errors are judged also on trials that errors made invalid', () => {
    const failing = arm('envoy', quiet, { errors: 300, invalid: '30 % of the requests failed' })
    expect(one(judgeObjectives(failing, { errorRate: { max: 0.001 } }, judging))).toMatchObject({
      outcome: 'fail',
      measured: 0.3,
    })
    const untrusted = arm('envoy', quiet, { invalid: 'no handshake' })
    expect(
      one(judgeObjectives(untrusted, { errorRate: { max: 0.001 } }, judging)),
      'without its evidence no pass',
    ).toMatchObject({
      ...{ outcome: 'invalid', measured: null },
    })
  })

  test('what a change under load took is judged where it was measured', () => {
    const changed = arm('istio', quiet, { invalid: 'change 2 of 2 was not in force within 2 s' })
    changed.trials.forEach((trial, i) => {
      const times = { pushMs: 100 + i, settledMs: null, keptPushMs: null, longestGapMs: 20, longestPauseMs: 5 }
      trial.churn = {
        change: 'endpoint',
        ...times,
        requests: 400,
        errors: { connect: 4 },
        clockAheadMs: 0,
        changes: [],
      }
    })
    const limits = { pushMs: { max: 1000 }, newConnectionErrorRate: { max: 0.001 } }
    expect(judgeObjectives(changed, limits, judging)).toMatchObject([
      { outcome: 'invalid', measured: null, unit: 'ms' },
      { outcome: 'fail', measured: 0.01 },
    ])
    for (const trial of changed.trials) trial.validity = { valid: true, reasons: [] }
    expect(one(judgeObjectives(changed, limits, judging))).toMatchObject({ outcome: 'pass', measured: 102.5 })
    expect(one(judgeObjectives(changed, { settledMs: { max: 1000 } }, judging)).why).toContain(
      'settledMs was not measured',
    )
    expect(one(judgeObjectives(arm('envoy', quiet), limits, judging)).why).toContain('pushMs was not measured')
  })

  test('many reasons of one kind are quoted twice, then only counted', () => {
    const unsteady = arm('envoy', quiet)
    unsteady.trials.forEach((trial, i) => {
      const reasons = [reason('rate_not_held', `the rate was not held: ${700 + i} of 800`)]
      trial.validity = { valid: false, reasons }
    })
    expect(one(judgeObjectives(unsteady, { p99Ms: { max: 5 } }, judging)).why).toBe(
      'p99Ms of envoy: too few usable trials (0; 6 an arm are needed); envoy: the rate was not held: 700 of 800 (trial 1); ' +
        'envoy: the rate was not held: 701 of 800 (trial 2); envoy: and the like (trials 3, 4, 5, 6)',
    )
  })

  test('a search that found no rate is too noisy to tell, or asks too much: no fault of the measurement', () => {
    const searched = arm('envoy', quiet)
    const invalidate = (code: 'rate_not_found' | 'pod_restarted') => {
      for (const trial of searched.trials) trial.validity = { valid: false, reasons: [reason(code, 'why')] }
      return one(judgeObjectives(searched, { sustainedRate: { min: 100 } }, judging)).outcome
    }
    expect(invalidate('rate_not_found')).toBe('inconclusive')
    expect(invalidate('pod_restarted')).toBe('invalid')
  })

  test('a percentile that the record keeps no figure of needs its payload', () => {
    const verdict = one(judgeObjectives(arm('envoy', quiet), { p75Ms: { max: 2 } }, judging))
    expect(verdict).toMatchObject({ outcome: 'invalid', measured: null, unit: 'ms' })
    expect(verdict.why).toContain('p75Ms was not measured (trials 1, 2, 3, 4, 5, 6)')
  })

  test.for(['p0Ms', 'p100Ms', 'p99.99Ms', 'p999999Ms', 'pNNMs', 'constructor'])(
    '%s is refused with what is allowed',
    (name) => {
      expect(() => judgeObjectives(arm('envoy', quiet), { [name]: { max: 1 } }, judging)).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          message: expect.stringMatching(/: no such indicator; one of: .*any percentile from p01 to p99999/),
        }),
      )
    },
  )

  test('an object is needed, with an indicator in it', () => {
    expect(() => judgeObjectives(arm('envoy', quiet), {}, judging)).toThrow('names no indicator')
    expect(() => judgeObjectives(arm('envoy', quiet), 5 as never, judging)).toThrow('received 5; an object')
  })

  test('a limit on a share of all requests is a share', () => {
    const share = 'errorRate: received 5; a share from 0 to 1: 0.05 is 5 %'
    expect(() => judgeObjectives(arm('envoy', quiet), { errorRate: { max: 5 } }, judging)).toThrow(
      'a share from 0 to 1',
    )
    const [envoy, other] = [arm('envoy', quiet), arm('baseline', quiet)]
    expect(() => judgeBudgets(envoy, other, { errorRate: 5 }, judging)).toThrow(share)
  })

  test('every wrong field is named, with what is allowed', () => {
    const wrong = { p100Ms: { max: 1 }, p99Ms: { maximum: 1 }, errorRate: 5 } as never
    expect(() => judgeObjectives(arm('envoy', quiet), wrong, judging)).toThrow(
      /p99Ms.maximum: no such field; one of: max, min[\s\S]*errorRate: received 5[\s\S]*p100Ms: no such indicator; one of: .*p99Ms/,
    )
  })
})

describe('budgets', () => {
  const baseline = arm('baseline', quiet)

  test('judge the difference, not the arm', () => {
    const slower = arm(
      'envoy',
      quiet.map((ms) => ms + 1.5),
    )
    const verdict = one(judgeBudgets(slower, baseline, { p99Ms: 2 }, judging))
    expect(verdict).toMatchObject({ kind: 'budget', over: 'baseline', outcome: 'pass', measured: 1.5 })
    expect(verdict.pValue).toBeCloseTo(2 / 924, 6)
    expect(one(judgeBudgets(slower, baseline, { p99Ms: 1 }, judging)).outcome).toBe('fail')
  })

  test('together share the error of a fail: each needs more than one by itself', () => {
    const slower = arm('envoy', [1.2, 1.05, 1.1, 1.15, 1.08, 0.995])
    const low = (verdicts: Verdict[]) => one(verdicts).interval?.[0] as number
    const alone = judgeBudgets(slower, baseline, { p99Ms: 0 }, judging)
    const shared = judgeBudgets(slower, baseline, { p99Ms: 0, p50Ms: 0, p90Ms: 0, p999Ms: 0 }, judging)
    expect(low(shared)).toBeLessThan(low(alone))
    expect(one(shared).interval?.[1]).toBe(one(alone).interval?.[1])
    expect([one(alone).outcome, one(shared).outcome]).toEqual(['fail', 'inconclusive'])
  })

  test('lag that falls on both arms decides nothing; a difference in it is looked at from both ends', () => {
    const lagging = (name: string, ms: number[], lagUs: number) => arm(name, ms, { lagUs })
    expect(
      one(judgeBudgets(lagging('envoy', quiet, 300), lagging('baseline', quiet, 300), { p99Ms: 0.5 }, judging)),
    ).toMatchObject({ outcome: 'pass', why: expect.not.stringContaining('the generator') })
    const slower = lagging(
      'envoy',
      quiet.map((ms) => ms + 1),
      300,
    )
    const both = one(judgeBudgets(slower, baseline, { p99Ms: 0.5 }, judging))
    expect(both.outcome).toBe('fail')
    expect(both.why).toMatch(
      /later for envoy than for baseline by 295 µs to 295 µs at p99.*from the actual send it is the same: 1\.00 ms/,
    )
    for (const trial of slower.trials) trial.load.serviceTime = distribution(1000)
    expect(one(judgeBudgets(slower, baseline, { p99Ms: 0.5 }, judging))).toMatchObject({
      ...{ outcome: 'invalid', measured: null },
      why: expect.stringMatching(/decides: fail from the intended start, pass from the actual send/),
    })
    expect(
      one(judgeBudgets(slower, baseline, { p99Ms: 0 }, judging)).outcome,
      'nothing compares with a budget of 0',
    ).toBe('fail')
  })

  test('of an outage in one of ten trials are judged by all failures together', () => {
    const failing = arm('envoy', [...quiet, 1, 1, 1, 1])
    const [first] = failing.trials
    if (first) first.load.errors = { connect: 1000 }
    expect(one(judgeObjectives(failing, { errorRate: { max: 0.001 } }, judging))).toMatchObject({
      outcome: 'fail',
      measured: 0.1,
    })
    expect(one(judgeBudgets(failing, baseline, { errorRate: 0.001 }, judging))).toMatchObject({
      outcome: 'fail',
      measured: 0.1,
    })
    expect(one(judgeBudgets(baseline, failing, { errorRate: 0 }, judging)).why).toBe(
      'baseline adds to envoy at errorRate: 0 of 6,000 failed, and a limit of 0 can ask for no more',
    )
    expect(one(judgeShares(failing, baseline, { errorRate: 2 }, judging)).why).toMatch(/none of baseline failed/)
    expect(one(judgeShares(failing, failing, { errorRate: 0.5 }, judging))).toMatchObject({
      outcome: 'pass',
      measured: 1,
    })
  })

  test('of failures beside an arm that fails itself are no pass', () => {
    const down = (name: string, errors: number) => {
      const made = arm(name, quiet)
      for (const trial of made.trials) {
        trial.load.errors = { status: errors }
        trial.validity = { valid: false, reasons: [reason('errors_above_limit', `${errors / 10} % failed`)] }
      }
      return made
    }
    const judged = (mine: number, theirs: number) =>
      one(judgeBudgets(down('envoy', mine), down('baseline', theirs), { errorRate: 0.01 }, judging))
    expect(judged(1000, 1000)).toMatchObject({ outcome: 'invalid' })
    expect(judged(1000, 1000).why).toBe(
      'envoy adds to baseline at errorRate: baseline itself does not work: 100 % failed',
    )
    expect(judged(900, 200).outcome).toBe('fail')
  })

  test('an arm that did not run makes them inconclusive', () => {
    const skipped = { ...arm('envoy', []), skipped: 'no Envoy here' }
    expect(one(judgeBudgets(skipped, baseline, { p99Ms: 2 }, judging))).toMatchObject({
      outcome: 'inconclusive',
      why: 'envoy did not run: no Envoy here',
    })
  })
})

describe('shares', () => {
  const baseline = arm('baseline', quiet)
  const half = arm(
    'envoy',
    quiet.map((ms) => ms / 2),
  )

  test('judge the ratio, not the difference', () => {
    const verdict = one(judgeShares(half, baseline, { p99Ms: 0.4 }, judging))
    expect(verdict).toMatchObject({
      ...{ kind: 'share', over: 'baseline', unit: '×', limit: { min: 0.4 }, outcome: 'pass' },
      ...{ trials: { arm: 6, over: 6 } },
    })
    expect(verdict.measured).toBeCloseTo(0.5, 2)
    expect(verdict.interval?.[0]).toBeGreaterThan(0.45)
    expect(verdict.interval?.[1]).toBeLessThan(0.55)
    expect(verdict.why).toMatch(
      /^p99Ms of envoy over that of baseline: 0\.50 × \[0\.\d\d, 0\.\d\d\], target ≥ 0\.4 ×: the whole interval keeps it$/,
    )
  })

  test('fail when the whole interval is below, and are open when it is on both sides', () => {
    expect(one(judgeShares(half, baseline, { p99Ms: 0.6 }, judging)).outcome).toBe('fail')
    const between = judgeShares(arm('envoy', noisy), arm('baseline', noisy.toReversed()), { p99Ms: 1 }, judging)
    expect(one(between).outcome).toBe('inconclusive')
  })

  test('have an exact p-value each', () => {
    const [first, second] = judgeShares(half, baseline, { p99Ms: 0.4, p50Ms: 0.4 }, judging)
    expect(first?.pValue).toBeCloseTo(2 / 924, 6)
    expect(second?.pValue).toBeCloseTo(2 / 924, 6)
  })

  test('are open when one of the arms did not run', () => {
    const skipped = { ...arm('baseline', []), skipped: 'no baseline here' }
    expect(one(judgeShares(half, skipped, { p99Ms: 0.4 }, judging))).toMatchObject({
      ...{ outcome: 'inconclusive', why: 'baseline did not run: no baseline here', measured: null },
    })
  })

  test('are invalid with too few usable trials of either arm, which is named', () => {
    const untrusted = arm('baseline', quiet, { invalid: 'no handshake' })
    const verdict = one(judgeShares(half, untrusted, { achievedRate: 0.5 }, judging))
    expect(verdict).toMatchObject({ outcome: 'invalid', trials: { arm: 6, over: 0 } })
    expect(verdict.why).toContain('(6 and 0; 6 an arm are needed); baseline: no handshake (trials 1, 2, 3, 4, 5, 6)')
  })

  test('of a control at 0 are of nothing', () => {
    const zero = arm('baseline', [0, 1, 1, 1, 1, 1, 1])
    expect(one(judgeShares(half, zero, { p99Ms: 0.4 }, judging))).toMatchObject({
      outcome: 'pass',
      trials: { arm: 6, over: 6 },
    })
    const verdict = one(judgeShares(half, arm('baseline', [0, 0, 1, 1, 1, 1, 1]), { p99Ms: 0.4 }, judging))
    expect(verdict).toMatchObject({ outcome: 'invalid', trials: { arm: 6, over: 5 } })
    expect(verdict.why).toContain('baseline: p99Ms was 0, of which nothing is a share (trials 1, 2)')
  })

  test('are refused as budgets are', () => {
    expect(() => judgeShares(half, baseline, { p99Ms: 'half' } as never, judging)).toThrow(
      /^toKeepAtLeast: 1 wrong field\n {2}p99Ms: received "half"; a finite number$/,
    )
  })
})
