import { stringify } from 'csv-stringify/sync'
import type { Arm, Experiment, RunRecord, Trial } from '../record.ts'

export type Cell = string | number | boolean | null

/** A row a source, a column a variable. Columns are in the order of the object. */
export function sheet<T>(columns: Record<string, (source: T) => Cell>, sources: readonly T[]): string {
  const named = Object.entries(columns)
  const rows = sources.map((source) => Object.fromEntries(named.map(([name, of]) => [name, of(source)])))
  return stringify(rows, {
    header: true,
    columns: named.map(([name]) => name),
    // Texts of servers and meshes end up in cells: a spreadsheet must not run them.
    escape_formulas: true,
    cast: { boolean: String },
  })
}

/** Where in a record a row stands that is a part of a trial. */
export interface TrialPlace {
  record: RunRecord
  experiment: Experiment
  arm: Arm
  trial: Trial
}

/** The first columns of such a row. */
export const trialColumns = {
  runId: ({ record: { run } }) => run.id,
  suite: ({ experiment }) => experiment.suite,
  test: ({ experiment }) => experiment.test,
  arm: ({ arm }) => arm.name,
  control: ({ arm }) => arm.control,
  trial: ({ trial }) => trial.index,
  valid: ({ trial }) => trial.validity.valid,
} satisfies Record<string, (place: TrialPlace) => Cell>
