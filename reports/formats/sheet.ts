import { stringify } from 'csv-stringify/sync'

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
