import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseBudgets } from './file.ts'
import { importOpenSlo } from './openslo.ts'

const imported = (text: string) => {
  const { yaml, notes } = importOpenSlo(text, 'slos.yaml')
  // What is printed is a budgets file.
  parseBudgets(yaml, 'imported')
  return { budgets: parse(yaml).budgets, notes }
}

const latency = (more: string) => `apiVersion: openslo/v1
kind: SLO
metadata: { name: web-latency }
spec:
  service: web
  indicator:
    metadata: { name: latency }
    spec:
      thresholdMetric:
        metricSource: { type: Prometheus, spec: { query: 'http_request_duration_seconds{component="web"}' } }
  timeWindow: [{ duration: 1w, isRolling: true }]
  budgetingMethod: Occurrences
  objectives:
    - ${more}
`

test('a share of requests that is fast enough is a percentile, by target or targetPercent, in the unit of the names', () => {
  expect(imported(latency('{ op: lte, value: 0.2, target: 0.98 }'))).toEqual({
    budgets: [{ indicator: 'p98Ms', max: 200 }],
    notes: [],
  })
  for (const [objective, budget] of [
    ['{ op: lt, value: 0.5, targetPercent: 99.9 }', { indicator: 'p999Ms', max: 500 }],
    ['{ op: lte, value: 2, valueMultiplier: 0.001, target: 0.5 }', { indicator: 'p50Ms', max: 2 }],
    ['{ op: lte, value: 1, target: 0.075 }', { indicator: 'p075Ms', max: 1000 }],
  ] as const)
    expect(imported(latency(objective)).budgets).toEqual([budget])
  const msec = latency('{ op: lte, value: 200, target: 0.99 }').replace('duration_seconds', 'requestMsec')
  expect(imported(msec).budgets).toEqual([{ indicator: 'p99Ms', max: 200 }])
})

const ratio = (good: string) =>
  `ratioMetric: { counter: true, good: { ${good} }, total: { query: 'sum(http_requests)' } }`
const v1 = `- apiVersion: openslo/v1
  kind: SLO
  metadata: { name: web-availability }
  spec:
    service: web
    indicator:
      metadata: { name: web-successful-requests-ratio }
      spec: { ${ratio('query: "http_requests{code=~\\"2xx\\"}"')} }
    objectives: [{ displayName: Good, op: gt, target: 0.995, timeSliceTarget: 0.95, timeSliceWindow: 1m }]
`
const v1alpha = `apiVersion: openslo/v1alpha
kind: SLO
metadata: { name: web-availability-ratio }
spec:
  service: web
  objectives:
    - target: 0.99
      value: 1
      ratioMetrics: { incremental: true, good: { query: 'requests{status:2xx}' }, total: { query: requests } }
`
const v2alpha = `apiVersion: openslo.com/v2alpha
kind: SLO
metadata: { name: bucket }
spec:
  sli: { metadata: { name: fast }, spec: { ${ratio(`spec: { query: 'rate(request_duration_seconds_bucket{le="0.25"}[5m])' }`)} } }
  objectives: [{ target: 0.95 }]
`

test('one object, a sequence and many documents are read, in each of the three shapes', () => {
  expect(imported(v1)).toEqual({
    budgets: [{ indicator: 'errorRate', max: 0.005 }],
    notes: ['SLO web-availability, objective 1 (Good): timeSliceTarget is left out: a run is shorter than its windows'],
  })
  expect(imported(v1alpha).budgets).toEqual([{ indicator: 'errorRate', max: 0.01 }])
  expect(imported(v2alpha).budgets).toEqual([{ indicator: 'p95Ms', max: 250 }])
  expect(imported(`${v1}---\n${v1alpha}---\n${v2alpha}`).budgets).toHaveLength(3)
})

test('an indicator is found by its name; what no budget can say is named', () => {
  const sli = `apiVersion: openslo/v1
kind: SLI
metadata: { name: latency }
spec: { thresholdMetric: { metricSource: { spec: { query: request_duration_ms } } } }
`
  const slo = (ref: string) => `apiVersion: openslo/v1
kind: SLO
metadata: { name: by-name }
spec: { indicatorRef: ${ref}, objectives: [{ op: lte, value: 20, target: 0.9 }] }
`
  expect(imported(`${sli}---\n${slo('latency')}`)).toEqual({ budgets: [{ indicator: 'p90Ms', max: 20 }], notes: [] })
  const noteOf = (text: string) => imported(text).notes.join('\n')
  expect(noteOf(slo('other'))).toBe('SLO by-name, objective 1: not imported: its indicator other is not in the file')
  expect(noteOf(latency('{ op: gt, value: 200, target: 0.98 }'))).toContain(
    'op gt: a latency can be limited from above',
  )
  expect(noteOf(latency('{ op: lte, value: 1, target: 1 }'))).toContain('a target of 1')
  expect(noteOf(latency('{ op: lte, value: 1 }'))).toContain('neither target nor targetPercent')
  expect(noteOf(latency('{ op: lte, value: 1, target: 0.9 }').replace('_duration_seconds', '_latency'))).toContain(
    'the unit',
  )
  expect(
    noteOf(latency('{ op: lte, value: 1, target: 0.9 }').replaceAll(/latency|http_request_duration_seconds/g, 'depth')),
  ).toContain('not one of latency')
  expect(noteOf('apiVersion: openslo/v1\nkind: Service\nmetadata: { name: web }\n')).toBe(
    'Service web: has no objective',
  )
  expect(() => importOpenSlo('apiVersion: v2\nkind: SLO\nmetadata: { name: x }', 'f')).toThrow(
    'object 1: apiVersion: received "v2"',
  )
  expect(() => importOpenSlo('a: [', 'f')).toThrow('f is no YAML')
  expect(() => importOpenSlo('', 'f')).toThrow('no OpenSLO object')
})
