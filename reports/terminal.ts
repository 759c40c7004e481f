import { stripVTControlCharacters, styleText } from 'node:util'
import { claimOf } from './claim.ts'
import { cellText, shownIndicators } from './columns.ts'
import { orUnknown, whole } from './numbers.ts'
import { reasonTexts } from './reasons.ts'
import type { Experiment, Outcome, Verdict } from './record.ts'
import { type ArmSummary, summarize } from './summary.ts'

export interface TerminalOptions {
  colour: boolean
  /** Width of the terminal; what does not fit wraps, columns of less weight go first. */
  columns: number
}

type Style = Parameters<typeof styleText>[0]
type Paint = (style: Style, text: string) => string

interface Column {
  head: string
  cell(arm: ArmSummary): string
  /** Columns of a higher rank go first when the terminal is narrow. */
  rank: number
}

const gap = 3
const indent = '  '

const errors: Column = { head: 'errors', rank: 1, cell: (arm) => orUnknown(arm.errors, whole) }

/** The errors stand behind what the load measured and before what was changed under it. */
function columnsOf(arms: readonly ArmSummary[]): Column[] {
  const shown = shownIndicators(arms, 'terminal')
  const column = (indicator: (typeof shown)[number]): Column => {
    const { head, rank, suffix } = indicator.terminal
    return { head, rank, cell: (arm) => cellText(arm, indicator, suffix) }
  }
  return [
    ...shown.filter(({ kind }) => kind !== 'changes').map(column),
    errors,
    ...shown.filter(({ kind }) => kind === 'changes').map(column),
  ]
}

const outcomeStyles: Record<Outcome, Style> = {
  pass: 'green',
  fail: ['red', 'bold'],
  inconclusive: 'yellow',
  invalid: 'magenta',
}

/**
 * An experiment for the terminal: a table of its arms with the evidence beside it, a line for each verdict, then trials that cannot be
 * trusted and arms that did not run. Without a final line break.
 */
export function renderSummary(experiment: Experiment, { colour, columns: width }: TerminalOptions): string {
  const paint: Paint = (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text)
  const lines = [
    ...armTable(summarize(experiment), width, paint),
    ...experiment.verdicts.flatMap((verdict) => verdictLines(verdict, experiment, width, paint)),
    ...notes(experiment).flatMap(([label, style, text]) => labelled(label, style, text, width, paint)),
  ]
  return lines.join('\n')
}

function armTable(all: ArmSummary[], width: number, paint: Paint): string[] {
  const arms = all.filter(({ trials }) => trials.total > 0)
  if (arms.length === 0) return []
  const nameWidth = Math.max(...arms.map(({ arm }) => plain(arm).length))
  const sized = columnsOf(arms).map((column) => ({
    ...column,
    width: Math.max(column.head.length, ...arms.map((arm) => column.cell(arm).length)) + gap,
  }))
  const total = () => indent.length + nameWidth + sized.reduce((sum, column) => sum + column.width, 0)
  while (total() > width && sized.length > 1)
    sized.splice(sized.indexOf(sized.reduce((last, column) => (column.rank >= last.rank ? column : last))), 1)

  const beside = arms.every(({ evidence }) => total() + gap + plain(evidence ?? '').length <= width)
  const head = sized.map((column) => column.head.padStart(column.width)).join('')
  return [
    paint('dim', indent + ' '.repeat(nameWidth) + head),
    ...arms.flatMap((arm) => {
      const cells = sized.map((column) => column.cell(arm).padStart(column.width)).join('')
      const row = indent + paint('bold', plain(arm.arm).padEnd(nameWidth)) + cells
      if (!arm.evidence) return [row]
      const evidence = plain(arm.evidence)
      if (beside) return [row + ' '.repeat(gap) + paint('dim', evidence)]
      const inset = indent + indent
      return [row, ...wrap(evidence, width - inset.length).map((line) => inset + paint('dim', line))]
    }),
  ]
}

function verdictLines(verdict: Verdict, { arms }: Experiment, width: number, paint: Paint): string[] {
  // Against the control it goes without saying.
  const control = arms.find((arm) => arm.control)?.name
  const { sentence, interval, limit } = claimOf(verdict, { nameOther: verdict.over !== control })
  // Without a measurement the reason has all that the sentence has.
  const text = verdict.measured === null ? verdict.why : [sentence, interval, limit].filter(Boolean).join('  ')
  return labelled(verdict.outcome, outcomeStyles[verdict.outcome], text, width, paint)
}

function notes({ arms, status, message }: Experiment): [label: string, style: Style, text: string][] {
  const invalid = arms
    .flatMap((arm) => arm.trials)
    .filter(({ validity }) => !validity.valid)
    .toSorted((a, b) => a.index - b.index)
  return [
    ...invalid.map((trial): [string, Style, string] => [
      'left out',
      outcomeStyles.invalid,
      `trial ${trial.index} of ${trial.arm}: ${reasonTexts(trial.validity.reasons)}`,
    ]),
    ...arms
      .filter((arm) => arm.skipped !== null)
      .map((arm): [string, Style, string] => ['skipped', 'cyan', `${arm.name}: ${arm.skipped}`]),
    ...(message === null
      ? []
      : [[status, status === 'failed' ? outcomeStyles.fail : 'cyan', message] as [string, Style, string]]),
  ]
}

function labelled(label: string, style: Style, text: string, width: number, paint: Paint): string[] {
  const inset = indent.length + label.length + 2
  const [first = '', ...rest] = wrap(plain(text), width - inset)
  return [`${indent}${paint(style, label)}  ${first}`, ...rest.map((line) => ' '.repeat(inset) + line)]
}

/** Breaks at spaces; a word longer than the width stays whole. Runs of spaces inside a line are kept. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    for (const word of paragraph.split(/(?<=\S)(?=\s)/)) {
      if (line !== '' && (line + word).length > Math.max(20, width)) {
        lines.push(line)
        line = word.trimStart()
      } else line += word
    }
    lines.push(line)
  }
  return lines
}

/** Texts of other programs must not steer the terminal. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return stripVTControlCharacters(text).replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ')
}
