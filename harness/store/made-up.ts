import type { RunRecord, Trial } from '../../reports/record.ts'
import { sampleRecord } from '../../reports/testing/record.ts'

const minute = 60_000
/** As few as give every figure: what is measured is not the reading of trials. */
const trialsEach = 5
const sample = sampleRecord()

export const recordId = (name: string, i: number) => `${name}-${String(i).padStart(5, '0')}`

/** A record of a run that never was: two arms at other figures each time, ten minutes after the one before. And its text. */
export function madeUpRecord(id: string, i: number): [RunRecord, string] {
  const factor = 1 + ((i * 2654435761) % 1000) / 10_000
  const [experiment] = sample.experiments
  const startedAt = new Date(Date.parse('2026-01-01T00:00:00Z') + 10 * minute * i).toISOString()
  const source = { commit: (i * 7919).toString(16).padStart(40, '0'), ref: 'main', dirty: false }
  const scaled = (trial: Trial): Trial => ({
    ...trial,
    load: { ...trial.load, cpuUsPerRequest: (trial.load.cpuUsPerRequest ?? 1) * factor },
  })
  const arms = experiment?.arms.map((arm) => ({ ...arm, trials: arm.trials.slice(0, trialsEach).map(scaled) })) ?? []
  const record: RunRecord = {
    ...sample,
    run: { ...sample.run, id, startedAt, source },
    experiments: experiment ? [{ ...experiment, arms }] : [],
  }
  return [record, `${JSON.stringify(record)}\n`]
}
