import { unknown } from '../numbers.ts'
import type { Experiment } from '../record.ts'
import { summarize } from '../summary.ts'
import { columnsOf } from '../terminal-table.ts'
import { escaped } from './escape.ts'

/** The arms of an experiment in rows, as the terminal shows them, and what shows that each was what it should be. Null when none ran. */
export function armFigures(experiment: Experiment): string | null {
  const arms = summarize(experiment).filter(({ trials }) => trials.total > 0)
  if (arms.length === 0) return null
  const columns = columnsOf(arms)
  const rows = arms.map((arm) => [
    `**${escaped(arm.arm)}**`,
    ...columns.map(({ cell }) => cell(arm)),
    escaped(arm.evidence ?? unknown),
  ])
  return [['arm', ...columns.map(({ head }) => head), 'evidence'], ['---', ...columns.map(() => '--:'), '---'], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}
