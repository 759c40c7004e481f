import type { Figure } from '../../../reports/figures.ts'

// Test data: nothing in it was measured.

/** The run at this place of a made history: one a day. */
export const madeRun = (i: number) => `run-${String(i).padStart(4, '0')}`

/** Figures of made runs, one a day from 2026-01-01, each of a commit of its own. */
export function figuresFrom(values: readonly number[], rest: Partial<Figure> = {}): Figure[] {
  return values.map((value, i) => ({
    run: madeRun(i),
    startedAt: new Date(Date.UTC(2026, 0, 1 + i, 3)).toISOString(),
    source: { commit: i.toString(16).padStart(40, 'a'), ref: 'main', dirty: false },
    ...{ environment: 'machine', settings: 'load', suite: 'http', test: 'a sidecar adds little', arm: 'envoy' },
    ...{ over: 'baseline', indicator: 'p50Ms', unit: '×', form: 'ratio', interval: [value * 0.99, value * 1.01] },
    value,
    ...rest,
  }))
}
