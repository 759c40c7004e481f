import { describe, expect, test } from 'vitest'
import { reason } from '../../reports/reasons.ts'
import { type Arm, type Verdict, verdictSchema } from '../../reports/record.ts'
import { addKernel } from '../../reports/testing/kernel.ts'
import { armOfUnits, pairedExperiment, pairedLatencies, unitOf, unitsOf } from '../../reports/testing/units.ts'
import { judgeBudgets, judgeObjectives, judgeShares } from './objectives.ts'

const experiment = pairedExperiment({ units: 20 })
const [baseline, envoy] = experiment.arms as [Arm, Arm]
const one = (verdicts: Verdict[]) => verdictSchema.parse(verdicts[0])
const constant = (ms: number, n = 20, requests = 10) =>
  Array.from({ length: n }, () => new Array<number>(requests).fill(ms))
const ramp = (n: number, from: number, step: number) =>
  Array.from({ length: n }, (_, i) => new Array<number>(10).fill(from + i * step))

describe('a budget on an experiment of units', () => {
  test('is judged by the differences within units, with all that stands beside', () => {
    const verdict = one(judgeBudgets(envoy, baseline, { p50Ms: 1 }, experiment))
    expect(verdict).toMatchObject({
      ...{ outcome: 'pass', kind: 'budget', trials: { arm: 2, over: 2 }, units: { count: 40, lengthMs: 1000 } },
      ...{ leftOut: [], confidence: 0.95 },
      why: expect.stringMatching(
        /^envoy adds to baseline at p50Ms: 0\.40\d* ms \[0\.\d+, 0\.\d+\], target ≤ 1 ms: the whole interval keeps it \(40 units of 1 s\)$/,
      ),
    })
    expect(verdict.measured).toBeCloseTo(0.4, 2)
    expect(verdict.deployments?.map((value) => value?.toFixed(2))).toEqual(['0.40', '0.40'])
    expect(verdict.noiseFloor).toBeGreaterThan(0)
    expect(verdict.noiseFloor).toBeLessThan(0.02)
    expect(verdict.smallestEffect).toBeLessThan(0.02)
    expect(verdict.calmer?.measured).toBeCloseTo(0.4, 2)
    expect(verdict.calmer?.interval).not.toBeNull()
    expect(verdict.overLimit).toMatchObject({ arm: expect.closeTo(0, 2), over: expect.closeTo(0, 2) })
    expect(one(judgeBudgets(envoy, baseline, { p50Ms: 0.2 }, experiment))).toMatchObject({
      outcome: 'fail',
      overLimit: { arm: expect.closeTo(1, 1), pValue: expect.closeTo(0, 2) },
    })
  })

  test('that is not clear says what could have been told, and what to do', () => {
    const verdict = one(judgeBudgets(envoy, baseline, { p50Ms: 0.4 }, experiment))
    expect(verdict.outcome).toBe('inconclusive')
    expect(verdict.why).toMatch(
      /on both sides, and a limit 0\.\d+ ms away could have been told: measure for longer, or on a quieter machine/,
    )
  })

  test('says that there was one deployment only where there was one', () => {
    const single = pairedExperiment({ units: 20, deployments: 1 })
    const [control, arm] = single.arms as [Arm, Arm]
    expect(one(judgeBudgets(arm, control, { p50Ms: 1 }, single)).why).toMatch(/\(20 units of 1 s, one deployment\)$/)
  })

  test('has no interval below 14 units, and a fail shares its error with the others', () => {
    const arms = (n: number) =>
      [armOfUnits('envoy', [unitsOf(ramp(n, 2, 0.01))]), armOfUnits('baseline', [unitsOf(constant(1, n))])] as const
    expect(one(judgeBudgets(...arms(13), { p50Ms: 5 }, experiment))).toMatchObject({
      ...{ outcome: 'inconclusive', interval: null, smallestEffect: null },
      why: expect.stringContaining('too few units to tell (13 units of 1 s, one deployment)'),
    })
    expect(one(judgeBudgets(...arms(14), { p50Ms: 5 }, experiment)).outcome).toBe('pass')
    const low = (budgets: Record<string, number>) => one(judgeBudgets(...arms(40), budgets, experiment)).interval
    const [alone, shared] = [low({ p50Ms: 5 }), low({ p50Ms: 5, meanMs: 5, maxMs: 5, p90Ms: 5 })]
    expect(shared?.[0]).toBeLessThan(alone?.[0] as number)
    expect(shared?.[1]).toBe(alone?.[1])
  })

  test('leaves out for both arms a unit in which one had no reply, by reason', () => {
    const silent = unitsOf(constant(2)).map((unit, i) => {
      return i % 5 === 0 ? unitOf(i, [], { requests: 10, errors: { timeout: 10 } }) : unit
    })
    const verdict = one(
      judgeBudgets(
        armOfUnits('envoy', [silent]),
        armOfUnits('baseline', [unitsOf(constant(1))]),
        { p50Ms: 5 },
        experiment,
      ),
    )
    expect(verdict).toMatchObject({ outcome: 'pass', measured: expect.closeTo(1, 2), units: { count: 16 } })
    expect(verdict.leftOut).toEqual([
      { reason: { code: 'unit_without_replies', text: 'envoy had no reply' }, units: 4 },
    ])
  })

  test('that measured nothing at all is invalid, with the reason', () => {
    const none = armOfUnits('envoy', [
      constant(1).map((_, i) => unitOf(i, [], { requests: 10, errors: { timeout: 10 } })),
    ])
    expect(
      one(judgeBudgets(none, armOfUnits('baseline', [unitsOf(constant(1))]), { p50Ms: 5 }, experiment)),
    ).toMatchObject({
      ...{ outcome: 'invalid', measured: null },
      why: expect.stringContaining('p50Ms was not measured; envoy had no reply (20 left out)'),
    })
  })

  test('takes units in which nothing was due with those beside them, and leaves open what stays too little', () => {
    const sparse = (count: number) =>
      unitsOf(constant(1, count)).map((unit, i) => (i % 20 === 0 ? unit : unitOf(i, [], { requests: 0 })))
    const of = (count: number) =>
      one(
        judgeBudgets(
          armOfUnits('envoy', [sparse(count)]),
          armOfUnits('baseline', [sparse(count)]),
          { p50Ms: 5 },
          experiment,
        ),
      )
    const long = of(600)
    expect(long, 'a unit in 20 has replies enough for a median').toMatchObject({
      outcome: 'pass',
      units: { count: 30 },
    })
    expect(long.leftOut?.map(({ reason: { code } }) => code)).toEqual(['too_few_requests'])
    const few = one(
      judgeBudgets(
        armOfUnits('envoy', [unitsOf(constant(1, 5, 1))]),
        armOfUnits('baseline', [unitsOf(constant(1, 5, 1))]),
        { p50Ms: 5 },
        experiment,
      ),
    )
    expect(few).toMatchObject({ outcome: 'inconclusive', measured: null })
    expect(few.why).toContain('fewer than 10 replies of an arm were left (5 left out)')
  })

  test('takes units together that have too few requests for the percentile, but never over two deployments', () => {
    const arms = ['envoy', 'baseline'].map((name) =>
      armOfUnits(name, [unitsOf(constant(1, 31, 50)), unitsOf(constant(1, 34, 50), 31)]),
    ) as [Arm, Arm]
    const verdict = one(judgeBudgets(...arms, { p90Ms: 1 }, experiment))
    expect(verdict.units, '50 replies are enough at p90').toEqual({ count: 65, lengthMs: 1000 })
    const longer = one(judgeBudgets(...arms, { p95Ms: 1 }, experiment))
    expect(longer.units).toEqual({ count: 32, lengthMs: 2000 })
    expect(longer.leftOut).toEqual([
      { reason: reason('too_few_requests', 'fewer than 100 replies of an arm were left'), units: 1 },
    ])
    expect(one(judgeBudgets(...arms, { p99Ms: 1 }, experiment)).units).toEqual({ count: 6, lengthMs: 10_000 })
  })

  test('of CPU and memory is judged by the blocks in which they were read', () => {
    const verdict = one(judgeBudgets(envoy, baseline, { cpuUsPerRequest: 100 }, experiment))
    expect(verdict).toMatchObject({
      outcome: 'pass',
      measured: 80,
      units: { count: 20, lengthMs: 2000 },
      noiseFloor: null,
    })
    expect(one(judgeObjectives(envoy, { proxyMemoryBytes: { max: 1 } }, experiment)).outcome).toBe('fail')
  })

  test('on what no unit has is invalid', () => {
    expect(one(judgeBudgets(envoy, baseline, { pushMs: 1 }, experiment)).why).toContain('pushMs was not measured')
  })
})

describe('lag', () => {
  const arms = (lagUs: number, sentMs: number) => {
    const late = constant(2).map((latencies, i) => {
      const { latency } = unitOf(i, new Array<number>(10).fill(sentMs))
      return unitOf(i, latencies, { serviceTime: latency, sendLagP50Us: lagUs, sendLagP99Us: lagUs })
    })
    return [armOfUnits('envoy', [late]), armOfUnits('baseline', [unitsOf(constant(1))])] as const
  }

  test('that is the same for both arms, or too small to decide, is no matter', () => {
    expect(one(judgeBudgets(...arms(50, 2), { p50Ms: 1.5 }, experiment)).why).not.toContain('the generator')
    expect(one(judgeBudgets(...arms(900, 2), { p50Ms: 0 }, experiment)).outcome, 'nothing compares with 0').toBe('fail')
    expect(one(judgeShares(...arms(900, 2), { p50Ms: 1 }, experiment)).why).not.toContain('the generator')
  })

  test('beyond a tenth of the budget has it judged from the actual send as well', () => {
    const same = one(judgeBudgets(...arms(300, 1.8), { p50Ms: 1.5 }, experiment))
    expect(same.outcome).toBe('pass')
    expect(same.why).toMatch(
      /later for envoy than for baseline by 297 µs to 297 µs at p50.*from the actual send it is the same: 0\.80 ms/,
    )
    const different = one(judgeBudgets(...arms(900, 1.1), { p50Ms: 0.5 }, experiment))
    expect(different).toMatchObject({
      outcome: 'invalid',
      measured: null,
      leftOut: [{ reason: { code: 'send_lag' }, units: 20 }],
    })
    expect(different.why).toMatch(/decides: fail from the intended start, pass from the actual send/)
  })
})

describe('shares, objectives and validity', () => {
  test('a share is the ratio within units; a control at 0 is left out', () => {
    const rates = (name: string, replies: number[]) =>
      armOfUnits(name, [replies.map((n, i) => unitOf(i, n === 0 ? [] : new Array<number>(n).fill(1)))])
    const control = rates('baseline', new Array<number>(20).fill(100))
    const half = rates('envoy', new Array<number>(20).fill(50))
    const verdict = one(judgeShares(half, control, { achievedRate: 0.4 }, experiment))
    expect(verdict).toMatchObject({ outcome: 'pass', unit: '×', measured: 0.5, interval: [0.5, 0.5], noiseFloor: null })
    const outages = rates('baseline', [0, 0, ...new Array<number>(18).fill(100)])
    expect(one(judgeShares(half, outages, { achievedRate: 0.4 }, experiment)).leftOut).toMatchObject([
      { reason: { code: 'control_at_zero' }, units: 2 },
    ])
  })

  test('an arm that answers later and later has the rate that its trial has', () => {
    const late = armOfUnits('envoy', [unitsOf(constant(1, 20, 100))])
    for (const { load } of late.trials) load.achievedRate = 70
    expect(one(judgeObjectives(late, { achievedRate: { min: 99 } }, experiment))).toMatchObject({
      outcome: 'fail',
      measured: 70,
    })
  })

  test('an objective is about this machine as found', () => {
    expect(one(judgeObjectives(envoy, { p50Ms: { max: 2 } }, experiment))).toMatchObject({
      ...{ outcome: 'pass', over: null, units: { count: 40 } },
      why: expect.stringMatching(/keeps it \(40 units of 1 s, on this machine as found\)$/),
    })
    expect(one(judgeObjectives(envoy, { p50Ms: { max: 0.3 } }, experiment)).outcome).toBe('fail')
  })

  test('an outage of one unit in 60 breaks an error rate of 0.001', () => {
    const units = constant(1, 60, 100).map((latencies, i) =>
      i === 30 ? unitOf(i, [], { requests: 100, errors: { http_5xx: 100 } }) : unitOf(i, latencies),
    )
    const verdict = one(judgeObjectives(armOfUnits('envoy', [units]), { errorRate: { max: 0.001 } }, experiment))
    expect(verdict.outcome).toBe('fail')
    expect(verdict.why).toMatch(/: the whole interval breaks it; 100 of 6,000 failed$/)
  })

  test('what was sent again has not failed', () => {
    const [, treated] = addKernel(pairedExperiment({ units: 20 })).arms as [Arm, Arm]
    const verdict = one(judgeObjectives(treated, { retransmitRate: { max: 0.001 } }, experiment))
    expect(verdict.why).toMatch(/; [\d,]+ of [\d,]+ were sent again$/)
  })

  test('evidence that does not fit makes it invalid, a rate that was not held does not', () => {
    const wrong = armOfUnits('envoy', [unitsOf(constant(1)), unitsOf(constant(1), 20)])
    const [, second] = wrong.trials
    if (second) second.validity = { valid: false, reasons: [reason('evidence_mismatch', 'no handshake')] }
    expect(one(judgeObjectives(wrong, { p50Ms: { max: 2 } }, experiment))).toMatchObject({
      ...{ outcome: 'invalid', measured: null },
      why: 'p50Ms of envoy: envoy: no handshake (deployment 2)',
    })
    expect(one(judgeObjectives(wrong, { errorRate: { max: 0.001 } }, experiment)).outcome).toBe('invalid')
  })

  test('the calmer half is that of the units in which the machine was disturbed least', () => {
    const latencies = pairedLatencies({ units: 40 }).map(({ slow }) => new Array<number>(10).fill(slow))
    const machine = latencies.map(([latenessUs = 0], index) => ({
      index,
      stealShare: null,
      foreignCpuShare: null,
      pressureShare: null,
      latenessUs,
    }))
    const verdict = one(
      judgeObjectives(armOfUnits('envoy', [unitsOf(latencies)]), { p50Ms: { max: 50 } }, { seed: 1, machine }),
    )
    expect(verdict.calmer?.measured).toBeLessThan(verdict.measured as number)
    expect(
      one(judgeObjectives(armOfUnits('envoy', [unitsOf(latencies)]), { p50Ms: { max: 50 } }, { seed: 1 })).calmer,
    ).toBeNull()
  })
})
