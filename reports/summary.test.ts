import { expect, test } from 'vitest'
import { median } from './numbers.ts'
import type { Arm, Experiment } from './record.ts'
import { summarize, summarizeArm } from './summary.ts'
import { sampleUnits } from './testing/paired.ts'
import { sampleRecord } from './testing/record.ts'
import { addChurn, addStream } from './testing/trial.ts'
import { armOfUnits, unitsOf } from './testing/units.ts'
import { measuredMs } from './units.ts'

const [openLoop, untrusted] = sampleRecord().experiments as [Experiment, Experiment]
const arm = (experiment: Experiment, name: string) => experiment.arms.find((one) => one.name === name) as Arm

test('numbers come from the valid trials only', () => {
  const envoy = arm(openLoop, 'envoy')
  const valid = envoy.trials.filter(({ validity }) => validity.valid)
  const summary = summarizeArm(envoy)
  expect(summary.trials).toEqual({ valid: 9, total: 10 })
  expect(summary.requests).toBe(9 * 6000)
  expect(summary.errorsByKind).toEqual({ timeout: 2, http_5xx: 1 })
  expect(summary.errors).toBe(3)
  expect(summary.values.p99Us).toBe(median(valid.map(({ load }) => load.latency.p99Us as number)))
  expect(summary.values.maxUs).toBe(Math.max(...valid.map(({ load }) => load.latency.maxUs as number)))
})

test('containers of a role are added up, and a role that does not exist is null', () => {
  const [baseline, envoy] = summarize(openLoop)
  expect(baseline?.values.proxyCpuUsPerRequest).toBeNull()
  expect(baseline?.values.cpuUsPerRequest).toBe(baseline?.values.appCpuUsPerRequest)
  expect(envoy?.values.proxyCpuUsPerRequest).toBeGreaterThan(80)
})

test('a total is of all containers: one that was not measured makes it null', () => {
  const envoy = structuredClone(arm(openLoop, 'envoy'))
  for (const { resources } of envoy.trials)
    if (resources[1]) Object.assign(resources[1], { cpuUsPerRequest: null, memoryBytes: null })
  expect(summarizeArm(envoy).values).toMatchObject({
    ...{ appCpuUsPerRequest: expect.any(Number), proxyCpuUsPerRequest: null, controlPlaneCpuUsPerRequest: null },
    ...{ cpuUsPerRequest: null, memoryBytes: null },
  })
})

test('what the other arms took meanwhile is null where there is none', () => {
  const envoy = structuredClone(arm(openLoop, 'envoy'))
  expect(summarizeArm(envoy).idleCpuMs).toBeNull()
  envoy.trials.forEach((trial, i) => {
    trial.idleCpuMs = i === 0 ? null : 10
  })
  expect(summarizeArm(envoy).idleCpuMs).toBe(10)
})

test('an arm without a valid trial knows nothing, rather than zero', () => {
  const envoy = summarizeArm(arm(untrusted, 'envoy'))
  expect(envoy).toMatchObject({ requests: null, errors: null, evidence: null })
  expect(new Set(Object.values(envoy.values))).toEqual(new Set([null]))
  expect(summarizeArm(arm(openLoop, 'istio'))).toMatchObject({ trials: { valid: 0, total: 0 }, requests: null })
})

test('what was changed under load is there where it was', () => {
  const baseline = structuredClone(arm(openLoop, 'baseline'))
  expect(summarizeArm(baseline)).toMatchObject({ changes: false, values: { pushMs: null } })
  baseline.trials.forEach((trial, i) => {
    addChurn(trial, i === 0 ? null : 100 + i, { connect: 2 })
  })
  expect(summarizeArm(baseline)).toMatchObject({
    changes: true,
    values: { pushMs: 105, settledMs: 105, longestGapMs: 21, newConnectionErrorRate: 2 / 800 },
    newConnectionErrorsByKind: { connect: 20 },
  })
})

test('streams have a bit rate and losses, and nothing has where there are none', () => {
  const baseline = structuredClone(arm(openLoop, 'baseline'))
  expect(summarizeArm(baseline)).toMatchObject({ streams: false, values: { bitsPerSecond: null } })
  for (const [i, trial] of baseline.trials.entries()) addStream(trial, 1e9, i % 2 === 0 ? 60 : 0)
  const { streams, values } = summarizeArm(baseline)
  expect(streams).toBe(true)
  expect(values).toMatchObject({ bitsPerSecond: 0.995e9, lossRate: 0.005, jitterUs: 12.5, p99Us: null })
  expect(values.oneWayDelayP99Us).toBeGreaterThan(0)
})

test('an arm of units has the percentiles of all of its requests, through all deployments, and their seconds', () => {
  const fast = unitsOf(Array.from({ length: 20 }, () => Array(50).fill(1)))
  const slow = unitsOf([Array(30).fill(9)], 20)
  const summary = summarizeArm(armOfUnits('envoy', [fast, slow]), 1000)
  expect(summary).toMatchObject({ units: { count: 21, seconds: 21 }, trials: { valid: 2, total: 2 }, requests: 1030 })
  // 30 of 1,030 requests are slow: the median over deployments would be 5 ms.
  expect(summary.values.p50Ms).toBeCloseTo(1, 2)
  expect(summary.values.p99Ms).toBeCloseTo(9, 1)
  expect(summary.values.p90Ms).toBeCloseTo(1, 2)
  expect(summary.values.memoryBytes).toBeGreaterThan(0)
  expect(summarize(openLoop)[1]?.units).toBeNull()
})

test('arms of units measure at one time, trials one after the other', () => {
  expect(measuredMs(sampleUnits({ arms: ['baseline', 'envoy'], units: 20, rate: 10 }))).toBe(20_000)
  expect(measuredMs(openLoop)).toBe(20 * 6000)
  expect(measuredMs({ arms: [] })).toBe(0)
})
