import { cellText, shownIndicators } from './columns.ts'
import { orUnknown, whole } from './numbers.ts'
import type { ArmSummary } from './summary.ts'
import { indent, oneLine, type Paint, wrap } from './terminal-text.ts'

export interface Column {
  head: string
  cell(arm: ArmSummary): string
  /** Columns of a higher rank go first when the terminal is narrow. */
  rank: number
}

const gap = 3

const errors: Column = { head: 'errors', rank: 1, cell: (arm) => orUnknown(arm.errors, whole) }
const seconds: Column = { head: 'seconds', rank: 1, cell: ({ units }) => orUnknown(units?.seconds ?? null, whole) }

/** The errors stand behind what the load measured and before what was changed under it. */
export function columnsOf(arms: readonly ArmSummary[]): Column[] {
  const shown = shownIndicators(arms, 'terminal')
  const column = (indicator: (typeof shown)[number]): Column => {
    const { head, rank, suffix } = indicator.terminal
    return { head, rank, cell: (arm) => cellText(arm, indicator, suffix) }
  }
  return [
    ...shown.filter(({ kind }) => kind !== 'changes').map(column),
    errors,
    ...(arms.some(({ units }) => units) ? [seconds] : []),
    ...shown.filter(({ kind }) => kind === 'changes').map(column),
  ]
}

/** The arms that ran, a row each, with their evidence beside or below them. */
export function armTable(all: readonly ArmSummary[], width: number, paint: Paint): string[] {
  const arms = all.filter(({ trials }) => trials.total > 0)
  if (arms.length === 0) return []
  const nameWidth = Math.max(...arms.map(({ arm }) => oneLine(arm).length))
  const sized = columnsOf(arms).map((column) => ({
    ...column,
    width: Math.max(column.head.length, ...arms.map((arm) => column.cell(arm).length)) + gap,
  }))
  const total = () => indent.length + nameWidth + sized.reduce((sum, column) => sum + column.width, 0)
  while (total() > width && sized.length > 1)
    sized.splice(sized.indexOf(sized.reduce((last, column) => (column.rank >= last.rank ? column : last))), 1)

  const beside = arms.every(({ evidence }) => total() + gap + oneLine(evidence ?? '').length <= width)
  const head = sized.map((column) => column.head.padStart(column.width)).join('')
  return [
    paint('dim', indent + ' '.repeat(nameWidth) + head),
    ...arms.flatMap((arm) => {
      const cells = sized.map((column) => column.cell(arm).padStart(column.width)).join('')
      const row = indent + paint('bold', oneLine(arm.arm).padEnd(nameWidth)) + cells
      if (!arm.evidence) return [row]
      const evidence = oneLine(arm.evidence)
      if (beside) return [row + ' '.repeat(gap) + paint('dim', evidence)]
      const inset = indent + indent
      return [row, ...wrap(evidence, width - inset.length).map((line) => inset + paint('dim', line))]
    }),
  ]
}
