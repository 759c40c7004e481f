import type { LoadResult } from '../../reports/load-result.ts'
import { median } from '../../reports/numbers.ts'

/** What all sections are run with. */
export interface Bench {
  repetitions: number
  seconds: number
  /** A core for the server, and another for whoever makes the load. */
  serverCore: number
  clientCore: number
  signal: AbortSignal
  /** Takes a line about where it stands. */
  log(text: string): void
}

export interface Skip {
  what: string
  reason: string
  /** How to get it; empty where it is for us to make. */
  remedy: string
}

/** One line of a table: a column's values, one a repetition, in order, so that ratios are taken within a repetition. */
export interface Row {
  name: string
  values: Record<string, number[]>
}

export interface Goal {
  goal: string
  measured: number
  met: boolean
}

/** What a section has measured. A goal whose peer was skipped is left out. */
export interface Report {
  conditions: string
  /** Title and digits after the point, by column. */
  columns: Record<string, { title: string; digits: number }>
  rows: Row[]
  skipped: Skip[]
  goals: Goal[]
}

/** One question of the comparison. */
export interface Section {
  title: string
  run(bench: Bench): Promise<Report>
}

/** The median; NaN of nothing, as of all that was not measured. */
export const medianOf = (values: readonly number[]) => median(values) ?? Number.NaN

/** The median over the repetitions of one row's value over another's. */
export function ratio(rows: readonly Row[], column: string, name: string, other: string): number | null {
  const of = (row: string) => rows.find((one) => one.name === row)?.values[column]
  const mine = of(name)
  const theirs = of(other)
  if (!mine || !theirs) return null
  return medianOf(mine.map((value, i) => value / (theirs[i] as number)))
}

/** Adds a run's values to its row. */
export function addRun(rows: Row[], name: string, values: Record<string, number>): void {
  const row = rows.find((one) => one.name === name) ?? { name, values: {} }
  if (!rows.includes(row)) rows.push(row)
  for (const [column, value] of Object.entries(values)) {
    row.values[column] ??= []
    row.values[column].push(value)
  }
}

/** How much a closed loop made, and what it took. */
export const capacityOf = ({ achievedRate, cpuUsPerRequest }: LoadResult) => ({
  rate: achievedRate,
  cpu: cpuUsPerRequest ?? Number.NaN,
})
