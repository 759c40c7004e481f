import { expect, test } from 'vitest'
import type { LoadResult } from '../../reports/load-result.ts'
import { trialValidity, type WatchedPod } from './validity.ts'

const load = {
  ...{ requests: 100, errors: {}, durationMs: 1000 },
  validity: { valid: true, reasons: [] },
} as unknown as LoadResult
const evidence = { summary: '', facts: {}, mismatches: [] }
const usage = { cpuMs: 1, memoryBytes: 1 }
const pod = (after: object, running = true): WatchedPod => ({
  pod: { name: 'echo', role: 'app', running: () => running },
  before: { ...usage, restarts: 1, throttledMs: 20 },
  after: { ...usage, restarts: 1, throttledMs: 20, ...after },
})

test('what disturbed a pod during a trial makes it invalid; what was before does not', () => {
  const reasons = (watched: WatchedPod) =>
    trialValidity(load, evidence, [watched]).reasons.map(({ code, text }) => [code, text])
  expect(reasons(pod({}))).toEqual([])
  expect(reasons(pod({ restarts: 2, throttledMs: 0 }))).toEqual([
    ['pod_restarted', 'echo was restarted during the trial'],
  ])
  expect(reasons(pod({ throttledMs: 30 })), '1 % of the time').toEqual([])
  expect(reasons(pod({ throttledMs: 31.26 }))).toEqual([
    ['pod_throttled', 'echo was throttled by its CPU limit for 11.3 ms of 1 s, above 1 %'],
  ])
  expect(reasons(pod({}, false))).toEqual([['pod_stopped', 'echo stopped during the trial']])
  expect(reasons({ ...pod({}), before: usage, after: usage })).toEqual([])
})

test('arrivals that an arm had no time for are an answer about it; other failures are not', () => {
  const reasons = [{ code: 'errors_above_limit', text: '' }]
  const codes = (errors: Record<string, number>) =>
    trialValidity({ ...load, errors, validity: { valid: false, reasons } }, evidence, []).reasons.map(
      ({ code }) => code,
    )
  expect(codes({ unsent: 60, timeout: 20, reset: 5 })).toEqual([])
  expect(codes({ unsent: 60, reset: 20 })).toEqual(['errors_above_limit'])
  expect(codes({ timeout: 60 })).toEqual(['errors_above_limit'])
})

test('the pod of a load is held to its CPU limit too; outside the cluster all arms have the same', () => {
  const throttled = { ...load, generator: { throttledMs: 10.1 } } as unknown as LoadResult
  const codes = (placement?: { server: string; client: string }) =>
    trialValidity(throttled, evidence, [], placement).reasons.map(({ code }) => code)
  expect(codes({ server: 'a', client: 'b' })).toEqual(['pod_throttled'])
  expect(codes({ server: 'a', client: 'outside' })).toEqual([])
  expect(codes()).toEqual([])
})

test('a rate that was not held is an answer about the arm; of units so is a busy generator, whose lag is compared', () => {
  const reasons = (['rate_not_held', 'bit_rate_not_held', 'generator_busy', 'generator_gave_up'] as const).map(
    (code) => ({
      ...{ code, text: code },
    }),
  )
  const codes = (more: object) =>
    trialValidity({ ...load, ...more, validity: { valid: false, reasons } }, evidence, []).reasons.map(
      ({ code }) => code,
    )
  expect(codes({})).toEqual(['generator_busy', 'generator_gave_up'])
  expect(codes({ units: [] })).toEqual(['generator_gave_up'])
})
