import type { Figure } from '../figures.ts'
import type { RunRecord } from '../record.ts'
import { sampleRecord } from '../testing/record.ts'

// Test data: nothing in it was measured.

// Its histograms take longer than all that is done with it here.
const sample = sampleRecord()

/** A small record of a run with this id, that began so many minutes after the first. */
export function smallRecord(id: string, minutes = 0, rest: Partial<RunRecord['run']> = {}): RunRecord {
  const startedAt = new Date(Date.parse('2026-01-01T00:00:00.000Z') + minutes * 60_000).toISOString()
  return { ...sample, run: { ...sample.run, id, startedAt, ...rest }, experiments: sample.experiments.slice(2) }
}

export const textOf = (record: RunRecord) => `${JSON.stringify(record, null, 2)}\n`

/** Two figures of a run, an arm's own and its ratio to the control; the seed is the value. */
export function smallFigures({ run, experiments }: RunRecord): Figure[] {
  const [experiment] = experiments
  if (!experiment) return []
  const same = {
    ...{ run: run.id, startedAt: run.startedAt, source: run.source ?? null, environment: 'machine', settings: 'load' },
    ...{ suite: experiment.suite, test: experiment.test, arm: 'envoy', indicator: 'p50Ms' },
  }
  return [
    { ...same, over: null, unit: 'ms', form: 'value', value: run.seed, interval: [run.seed - 0.5, run.seed + 0.5] },
    { ...same, over: 'baseline', unit: '×', form: 'ratio', value: 1.5, interval: null },
  ]
}
