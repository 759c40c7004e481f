import { styleText } from 'node:util'
import type { History } from '../../reports/history.ts'
import {
  armText,
  commitsText,
  eventText,
  figureText,
  leftOutText,
  moment,
  noiseText,
  runsText,
  trendText,
} from '../../reports/history-text.ts'
import { indicatorTitle } from '../../reports/indicators.ts'
import { orUnknown, span } from '../../reports/numbers.ts'
import type { RunRow } from '../../reports/store/run-row.ts'
import { aligned, printable } from './aligned.ts'
import { sparkline } from './sparkline.ts'

type Paint = (style: 'bold' | 'dim' | 'red' | 'green', text: string) => string
export const paintFor = (colour: boolean): Paint => (colour ? styleText : (_, text) => text)

const sparks = 32
/** Commits shown of one change. */
const mostCommits = 5

/** Test by test a table of figures, each with its changes below it, the newest last. */
export function historiesText(histories: readonly History[], paint: Paint): string {
  const byTest = Map.groupBy(histories, ({ suite, test }) => `${suite} › ${test}`)
  return [...byTest].map(([test, of]) => `${paint('bold', printable(test))}\n${testText(of, paint)}`).join('\n')
}

function testText(histories: readonly History[], paint: Paint): string {
  const head = ['', '', 'runs', 'latest', 'baseline', 'noise', 'trend', '']
  const [first = '', ...rows] = aligned([head, ...histories.map(cells)], new Set([2, 3, 4, 5]))
  const lines = histories.flatMap((history, i) => [`  ${rows[i]}`, ...eventLines(history, paint)])
  return `${[`  ${paint('dim', first)}`, ...lines, ...leftOutLines(histories, paint)].join('\n')}\n`
}

function cells(history: History): string[] {
  const { unit, runs, baseline, noise, trend } = history
  const latest = runs.at(-1)?.value ?? null
  const values = runs.map(({ value }) => value)
  const amountOf = (value: number | null) => orUnknown(value, (known) => figureText(known, unit))
  return [
    printable(armText(history)),
    indicatorTitle(history.indicator),
    String(runs.length),
    amountOf(latest),
    baseline === null ? amountOf(null) : `${amountOf(baseline.median)} of ${baseline.runs}`,
    orUnknown(baseline?.noise ?? noise, (known) => noiseText(known, unit, latest ?? 0)),
    trendText(trend, history),
    sparkline(values, noise, sparks),
  ]
}

function eventLines(history: History, paint: Paint): string[] {
  return history.events.flatMap((event) => {
    const text = `${eventText(event, history)}  ${commitsText(event, history)}`
    const log = event.log ?? []
    const more = log.length - mostCommits
    return [
      `      ${paint(event.better ? 'green' : 'red', text)}${event.isNew ? paint('bold', '  new') : ''}`,
      ...log.slice(0, mostCommits).map((commit) => paint('dim', `        ${printable(commit)}`)),
      ...(more > 0 ? [paint('dim', `        … ${more} more`)] : []),
    ]
  })
}

/** Once for all figures that leave out the same. */
function leftOutLines(histories: readonly History[], paint: Paint): string[] {
  const texts = new Set(histories.map(leftOutText).filter((text) => text !== ''))
  return [...texts].map((text) => paint('dim', `  ${text}`))
}

/** A line a run, the newest first. */
export function runsTable(runs: readonly RunRow[], paint: Paint): string {
  const rows = runs.map(({ id, startedAt, outcome, suites, source, durationMs, cluster }) => [
    ...[printable(id), moment(startedAt), outcome, span(durationMs), cluster, printable(suites.join(', '))],
    source === null ? '–' : `${source.commit.slice(0, 9)}${source.dirty ? ' with changes' : ''}`,
  ])
  const [first = '', ...lines] = aligned([
    ['run', 'started (UTC)', 'outcome', 'took', 'cluster', 'suites', 'commit'],
    ...rows,
  ])
  return `${[paint('dim', first), ...lines].join('\n')}\n${runsText(runs.length)}\n`
}
