import { styleText } from 'node:util'
import { probes } from '../../ebpf/probes/index.ts'
import { orUnknown, percent, whole } from '../../reports/numbers.ts'
import { mostLost, type ProbeReading } from '../probes/attach.ts'
import { type Figures, type PodSeries, type ProcessSeries, together } from '../probes/figures.ts'
import { targetText } from '../probes/target-text.ts'
import { aligned, printable } from './aligned.ts'
import { bar, rangeText, type Step, spectrum, stepsOf, time } from './spectrum.ts'

export type Row = PodSeries | ProcessSeries

/** How much may be written: a terminal's size, or any number of lines. */
export interface Room {
  columns: number
  rows: number
}

const mostSteps = 20
/** So many lines tell something of a distribution: its figures, eight steps and the line above. */
const leastBlock = 10
/** The table of sources can do with so many, as long as distributions need the others. */
const tableShare = 10

/**
 * A reading for people, within a terminal: the distribution of each kind, all sources together, then what each source did; the
 * busiest first. What has no room is counted.
 */
export function readingText(reading: ProbeReading<Row>, when: string, room: Room): string {
  const { probe, series } = reading
  const head = [
    `${styleText('bold', probe)} ${fitted(`of ${targetText(reading.target)} · ${when}`, room.columns - probe.length - 1)}`,
    ...(room.rows < 20 ? [] : [styleText('dim', cut(probes[probe].description, room.columns))]),
  ]
  const notes = notesOf(reading).map((note) => cut(note, room.columns))
  if (series.length === 0) return [...head, '', 'nothing was seen', ...notes].join('\n')
  const free = room.rows - head.length - notes.length - (notes.length > 0 ? 1 : 0)
  const byKind = [...Map.groupBy(series, ({ kind }) => kind)]
  const kinds = byKind.map(([kind, parts]) => together(reading.unit, kind, parts))
  const timed = kinds.filter(({ buckets }) => buckets.length > 0).toSorted((a, b) => b.count - a.count)
  const needsTable = timed.length < kinds.length || byKind.some(([, parts]) => parts.length > 1)
  const forTable = needsTable ? Math.min(series.length + 2, tableShare, Math.floor(free / 2)) : 0
  const shown = timed.slice(0, Math.max(1, Math.floor((free - forTable) / leastBlock)))
  const steps = Math.min(mostSteps, Math.floor((free - forTable) / Math.max(1, shown.length)) - 2)
  const blocks = shown.flatMap((one) => ['', ...block(one, kinds.length > 1, Math.max(1, steps), room.columns)])
  const table = needsTable ? tableOf(reading, kinds, { ...room, rows: free - blocks.length - 1 }) : []
  const below = [table, notes].flatMap((lines) => (lines.length > 0 ? ['', ...lines] : []))
  return [...head, ...blocks, ...below].join('\n')
}

function block(of: Figures, named: boolean, most: number, columns: number): string[] {
  const { kind, count, buckets } = of
  const figures = (['meanUs', 'p50Us', 'p90Us', 'p99Us'] as const).map(
    (figure) => `${figure.replace('Us', '')} ${orUnknown(of[figure], time)}`,
  )
  const title = `${named ? `${kind}  ` : ''}${[`${whole(count)} events`, ...figures].join('   ')}`
  const steps = stepsOf(buckets, most)
  const fullest = Math.max(...steps.map((step) => step.count))
  const lines = aligned(
    steps.map((step) => [` ${rangeText(step)}`, whole(step.count)]),
    new Set([0, 1]),
  )
  const width = Math.max(...lines.map(({ length }) => length))
  const cells = Math.min(60, columns - width - 2)
  return [
    cut(title, columns),
    ...lines.map((line, i) =>
      `${line}  ${styleText('cyan', bar((steps[i] as Step).count / fullest, cells))}`.trimEnd(),
    ),
  ]
}

const figureColumns = ['meanUs', 'p50Us', 'p90Us', 'p99Us'] as const
const leastLabel = 16
/** A head, one source, and how many more there are. */
const leastTable = 3

function tableOf({ series, target, unit }: ProbeReading<Row>, kinds: readonly Figures[], room: Room): string[] {
  if (room.rows < leastTable) return []
  const most = series.length > room.rows - 1 ? room.rows - 2 : series.length
  const shown = series.slice(0, most)
  const scale = unit === 'us' ? stepsOf(together(unit, '', kinds).buckets, mostSteps) : []
  const figures = figuresWithin(room.columns - leastLabel - 2, shown, unit === 'us', kinds.length > 1)
  const widest = Math.max(...figures.map(({ length }) => length))
  const hidesNamespace = target.kind === 'pods' && target.namespace !== null
  const labels = shown.map((one) => fitted(labelOf(one, hidesNamespace), room.columns - widest - 2))
  const label = Math.max(...labels.map(({ length }) => length))
  const used = label + 2 + widest
  const draws = scale.length > 0 && used + 3 + scale.length <= room.columns
  const lines = ['', ...labels].map((text, i) => {
    const line = `${text.padEnd(label)}  ${figures[i]}`
    const one = shown[i - 1]
    const drawn = one ? styleText('cyan', spectrum(one.buckets, scale).trimEnd()) : scaleText(scale)
    const whole = draws ? `${line.padEnd(used)}   ${drawn}`.trimEnd() : line
    return one ? whole : styleText('bold', whole)
  })
  const more = series.length - most
  return [...lines, ...(more > 0 ? [styleText('dim', `and ${more} more; --json has all`)] : [])]
}

/** The figures of some sources below each other, with a head: as many of them as there is room for. */
function figuresWithin(columns: number, shown: readonly Row[], timed: boolean, hasKinds: boolean): string[] {
  const fullest = Math.max(...shown.map(({ count }) => count))
  const withFigures = (figures: readonly (typeof figureColumns)[number][]) => {
    const head = [
      ...(hasKinds ? ['kind'] : []),
      'events',
      ...(timed ? figures.map((figure) => figure.replace('Us', '')) : ['']),
    ]
    const rows = shown.map((one) => [
      ...(hasKinds ? [one.kind] : []),
      whole(one.count),
      ...(timed ? figures.map((figure) => orUnknown(one[figure], time)) : [bar(one.count / fullest, 30)]),
    ])
    return aligned([head, ...rows], new Set(head.flatMap((name, i) => (name === 'kind' || name === '' ? [] : [i]))))
  }
  // The mean and the median go first.
  const choices = figureColumns.map((_, i) => withFigures(figureColumns.slice(i)))
  return choices.find((lines) => lines.every(({ length }) => length <= columns)) ?? (choices.at(-1) as string[])
}

/** What a spectrum is of, where that has room above it. */
function scaleText(scale: readonly Step[]): string {
  const [first, last] = [scale[0], scale.at(-1)]
  const text = first && last ? rangeText({ ...first, maxUs: last.maxUs }) : ''
  return text.length <= scale.length ? text : ''
}

function labelOf(one: Row, hidesNamespace: boolean): string {
  if ('pod' in one)
    return `${hidesNamespace ? '' : `${one.namespace}/`}${one.pod}${one.container === null ? '' : ` ${one.container}`}`
  if (one.pid !== null) return `${one.pid} ${printable(one.command ?? '(ended)')}`
  return one.netns === null ? 'the machine' : `network namespace ${one.netns}`
}

/** What casts doubt on a reading. */
function notesOf({ series, target, unattributed, missedEvents, validity }: ProbeReading<Row>): string[] {
  const seen = series.reduce((total, { count }) => total + count, 0)
  const share = unattributed?.share ?? 0
  const missed = missedEvents ?? 0
  return [
    ...validity.reasons.map(({ text }) => `invalid: ${text}`),
    ...(target.kind === 'process' && missed > mostLost * seen
      ? [`${whole(missed)} events of the machine were missed; how many of this process is unknown`]
      : []),
    ...(share > mostLost ? [`${percent(share)} of all events have no known owner, and may be of these pods`] : []),
  ]
}

const cut = (text: string, columns: number) => (text.length <= columns ? text : `${text.slice(0, columns - 1)}…`)

/** A text that is cut in its middle where it is too long: names differ at both ends. */
function fitted(text: string, columns: number): string {
  if (text.length <= columns) return text
  const end = Math.floor((columns - 1) / 2)
  return `${text.slice(0, columns - 1 - end)}…${text.slice(text.length - end)}`
}
