import { medianOf, type Report, type Section } from './section.ts'

/** A section's report as a table for people: medians and [spread] over the repetitions. */
export function reportText({ title }: Section, { conditions, columns, rows, skipped, goals }: Report): string {
  const heads = Object.values(columns).map((column) => column.title)
  const lines = rows.map(({ name, values }) => [
    name,
    ...Object.entries(columns).map(([column, { digits }]) => spread(values[column] ?? [], digits)),
  ])
  const table = rows.length === 0 ? [] : [['', ...heads], ...lines]
  const widths = ['', ...heads].map((_, i) => Math.max(...table.map((line) => line[i]?.length ?? 0)))
  return [
    conditions === '' ? title : `${title}: ${conditions}`,
    ...table.map((line) => `  ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd()),
    ...skipped.map(({ what, reason, remedy }) => `  ${what}: skipped: ${reason}${remedy && ` (${remedy})`}`),
    ...goals.map(({ goal, measured, met }) => `  ${met ? 'met' : 'not met'}: ${goal}; ${measured.toFixed(4)}`),
  ].join('\n')
}

function spread(values: readonly number[], digits: number): string {
  if (values.length === 0 || values.some(Number.isNaN)) return '–'
  const show = (value: number) =>
    value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits })
  return `${show(medianOf(values))} [${show(Math.min(...values))}–${show(Math.max(...values))}]`
}
