import type { History } from '../history.ts'

// Test data: nothing in it was measured.

/** A figure of 30 runs that rose after 20, once wildly beyond it. */
export function sampleHistory(rest: Partial<History> = {}): History {
  const values = Array.from({ length: 30 }, (_, i) => (i < 20 ? 1.4 : 1.6) + (i % 3) / 100 + (i === 7 ? 9 : 0))
  return {
    ...{
      suite: 'http',
      test: 'a sidecar adds <little>',
      arm: 'envoy',
      over: 'baseline',
      indicator: 'p50Ms',
      unit: '×',
    },
    ...{ form: 'ratio', environment: 'machine', leftOut: { environment: 2, settings: 0 }, noise: 0.01, trend: null },
    runs: values.map((value, i) => ({
      run: `run-${i}`,
      startedAt: new Date(Date.UTC(2026, 0, 1 + i, 3)).toISOString(),
      source: { commit: String(i).padStart(40, '0'), ref: 'main', dirty: false },
      value,
      interval: null,
    })),
    events: [
      {
        ...{ index: 20, before: 1.41, after: 1.61, pValue: 0.001, better: false, isNew: true },
        size: { of: 'share', value: 0.142, interval: [0.135, 0.15] },
        commits: { from: '19'.padStart(40, '0'), to: '20'.padStart(40, '0') },
        log: ['a1b2c3d Copy <each> request once more'],
      },
    ],
    baseline: {
      ...{ runs: 9, from: '2026-01-21T03:00:00.000Z', to: '2026-01-29T03:00:00.000Z' },
      median: 1.61,
      noise: 0.01,
    },
    ...rest,
  }
}
