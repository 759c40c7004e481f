import { indicatorTitle } from '../../reports/indicators.ts'
import { amount, decimal, shownIn } from '../../reports/numbers.ts'
import type { ComparedFigure, Comparison, RunName, Side } from './compare-records.ts'
import { differenceWords } from './differences.ts'

const head = ['', 'A', 'B', 'A beside B', 'two runs alike']

/** Two runs beside each other, for the terminal: what is not alike, then a table for each test, and what it cannot tell. Ends with a line break. */
export function comparisonText({ a, b, differs, figures }: Comparison): string {
  const tests = Map.groupBy(figures, ({ suite, test }) => `${suite} › ${test}`)
  return [
    `A  ${runWords(a)}`,
    `B  ${runWords(b)}`,
    ...(differs.length === 0 ? [] : ['', 'They are not alike:', ...differs.map((one) => `  ${wordsOf(one)}`)]),
    ...[...tests].flatMap(([test, of]) => ['', test, ...table(of)]),
    ...(figures.length === 0 ? ['', 'Neither has a figure that counts.'] : []),
    '',
    'Intervals are within a run. One run of each cannot tell a difference from the spread between runs: meshmark gate judges several',
    'of each, meshmark compare --ref both at once on one machine.',
    '',
  ].join('\n')
}

/** The first of them is A, which a gate calls the candidate. */
const wordsOf = (one: Comparison['differs'][number]) =>
  differenceWords(one).replace(/: candidate (.*), control /, ': A $1, B ')

function runWords({ run, startedAt, source }: RunName): string {
  const of =
    source &&
    `${source.commit.slice(0, 12)}${source.ref === null ? '' : ` of ${source.ref}`}${source.dirty ? ', changed' : ''}`
  return [run, startedAt, of].filter(Boolean).join(' · ')
}

function table(figures: readonly ComparedFigure[]): string[] {
  const rows = [
    head,
    ...figures.map((one) => [nameOf(one), cell(one.a, one.unit), cell(one.b, one.unit), difference(one), spread(one)]),
  ]
  const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return rows.map(
    (row) =>
      `  ${row
        .map((text, i) => text.padEnd(widths[i] ?? 0))
        .join('   ')
        .trimEnd()}`,
  )
}

const nameOf = ({ arm, over, indicator }: ComparedFigure) =>
  `${indicatorTitle(indicator)} of ${arm}${over === null ? '' : ` over ${over}`}`

function cell(side: Side | null, unit: string): string {
  if (!side) return '–'
  const { factor } = shownIn(unit)
  const like = Math.max(side.value, ...(side.interval ?? [])) * factor
  const ends = side.interval?.map((end) => decimal(end * factor, like)).join(', ')
  return amount(side.value, unit) + (ends === undefined ? '' : ` [${ends}]`)
}

function difference({ difference: found, unit }: ComparedFigure): string {
  return found ? cell(found, found.relative ? '×' : unit) : '–'
}

function spread({ spread: found, difference: of, unit }: ComparedFigure): string {
  if (!found || !of) return '–'
  const shown = (value: number) => (of.relative ? `× ${value.toFixed(value < 1.1 ? 3 : 2)}` : amount(value, unit))
  return `${shown(found.usual)}, up to ${shown(found.most)} (${found.runs} runs)`
}
