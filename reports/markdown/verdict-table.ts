import { basis } from '../certainty.ts'
import { figuresOf } from '../claim.ts'
import { indicatorTitle } from '../indicators.ts'
import type { Judgement, Status } from '../judgements.ts'
import { amount, unknown, written } from '../numbers.ts'
import type { Verdict } from '../record.ts'
import { escaped } from './escape.ts'

/** Shape and word say the same as the colour. */
const signs: Record<Status, string> = { pass: '✅', fail: '❌', inconclusive: '🟡', invalid: '⚠️', skipped: '➖' }

export const signed = (status: Status) => `${signs[status]} ${status}`

/** A column of the table; those that are `optional` are left out where no row has them. */
interface Column {
  head: string
  cell(verdict: Verdict): string
  optional?: true
}

const columns: Column[] = [
  { head: 'measured', cell: measuredText },
  { head: 'limit', cell: (verdict) => unbroken(figuresOf(verdict).limit) },
  { head: 'interval', cell: intervalText },
  { head: 'noise floor', cell: ({ unit, noiseFloor = null }) => known(noiseFloor, unit), optional: true },
  { head: 'smallest effect', cell: ({ unit, smallestEffect = null }) => known(smallestEffect, unit), optional: true },
]

/** The table of these verdicts in lines: two of its head, then a row each, so that a caller can take as many as there is room for. */
export function verdictLines(judgements: readonly Judgement[]): { head: string[]; rows: string[] } {
  const verdicts = judgements.flatMap(({ verdict }) => verdict ?? [])
  const shown = columns.filter(({ cell, optional }) => !optional || verdicts.some((verdict) => cell(verdict) !== ''))
  const rows = judgements.map(({ status, name, verdict }) => {
    const cells = shown.map(({ cell }) => (verdict ? cell(verdict) : ''))
    return line([unbroken(signed(status)), verdict ? subject(verdict) : escaped(name), ...cells])
  })
  return {
    head: [line(['', 'what', ...shown.map(({ head }) => head)]), line([':--', ':--', ...shown.map(() => '--:')])],
    rows,
  }
}

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`

/** "**envoy** over baseline, p99": what the limit is about. */
function subject({ kind, arm, over, indicator }: Verdict): string {
  const name = `**${escaped(arm)}**`
  const beside = over === null ? '' : kind === 'share' ? ` beside ${escaped(over)}` : ` over ${escaped(over)}`
  return `${name}${beside}${kind === 'baseline' ? ', beside earlier runs' : ''}: ${escaped(indicatorTitle(indicator))}`
}

function measuredText({ kind, unit, measured }: Verdict): string {
  if (measured === null) return unknown
  // A difference says which way it goes.
  const sign = (kind === 'budget' || kind === 'baseline') && unit !== '×' && measured > 0 ? '+' : ''
  return `**${sign}${known(measured, unit)}**`
}

function intervalText(verdict: Verdict): string {
  const { interval } = figuresOf(verdict)
  const sure = verdict.confidence === 0.95 || interval === '' ? '' : ` at ${written(verdict.confidence * 100)} %`
  return unbroken(`${interval}${sure}`)
}

const known = (value: number | null, unit: string) => (value === null ? '' : unbroken(amount(value, unit)))

/** A figure is not broken over two lines in a narrow window. */
const unbroken = (text: string) => text.replaceAll(' ', '\u00a0')

/** What stands behind a verdict that is not kept, an entry of the list below the table: the reason, then what was counted. */
export function reasonLine({ status, name, why, verdict }: Judgement): string {
  const behind = verdict ? basis(verdict) : []
  const counted = behind.length === 0 ? '' : `<br><sub>${escaped(behind.join(' · '))}</sub>`
  return `- ${signed(status)}: ${escaped(why ?? name)}${counted}`
}
