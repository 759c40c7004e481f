import { styleText } from 'node:util'
import { orUnknown, whole } from '../../reports/numbers.ts'
import type { ProbeReading } from '../probes/attach.ts'
import { type Figures, type PodSeries, type ProcessSeries, together } from '../probes/figures.ts'
import { aligned, printable } from './aligned.ts'
import { cut, cutBefore } from './cut.ts'
import { bar, rangeText, type Step, spectrum, stepsOf, time } from './spectrum.ts'

export type Row = PodSeries | ProcessSeries

/** How much may be written: a terminal's size, or any number of lines. */
export interface Room {
  columns: number
  rows: number
}

export const mostSteps = 20
/** So much of a name is shown, at the cost of figures. */
const wantedLabel = 28
/** A head, one source, and how many more there are. */
const leastTable = 3

/** What each source did of each kind, a line each, with its distribution where there is room; the first of them, and how many more. */
export function tableOf(
  { series, target, unit, probe }: ProbeReading<Row>,
  kinds: readonly Figures[],
  room: Room,
): string[] {
  if (room.rows < leastTable) return []
  const most = series.length > room.rows - 1 ? room.rows - 2 : series.length
  const shown = series.slice(0, most)
  const scale = unit === 'us' ? stepsOf(together(unit, '', kinds).buckets, mostSteps) : []
  const names = shown.map((one) => nameOf(one, target.kind === 'pods' && target.namespace !== null))
  const wanted = Math.min(wantedLabel, Math.max(...names.map(({ length }) => length)))
  const figures = figuresWithin(
    room.columns - wanted - 2,
    shown,
    unit === 'us',
    kinds.length > 1 || kinds[0]?.kind !== probe,
  )
  const widest = Math.max(...figures.map(({ length }) => length))
  const label = room.columns - widest - 2
  const labels = names.map((name, i) => ('pod' in (shown[i] as Row) ? cutBefore : cut)(name, label))
  const width = Math.max(...labels.map(({ length }) => length))
  const used = width + 2 + widest
  const draws = scale.length > 0 && used + 3 + scale.length <= room.columns
  const lines = ['', ...labels].map((text, i) => {
    const line = `${text.padEnd(width)}  ${figures[i]}`
    const one = shown[i - 1]
    const drawn = one ? styleText('cyan', spectrum(one.buckets, scale).trimEnd()) : scaleText(scale)
    const withScale = draws ? `${line.padEnd(used)}   ${drawn}`.trimEnd() : line
    return one ? withScale : styleText('bold', withScale)
  })
  const more = series.length - most
  return [...lines, ...(more > 0 ? [styleText('dim', `and ${more} more; --json has all`)] : [])]
}

/** What goes first, where there is little room. */
const figureChoices = [
  ['meanUs', 'p50Us', 'p90Us', 'p99Us'],
  ['p50Us', 'p90Us', 'p99Us'],
  ['p50Us', 'p99Us'],
  ['p99Us'],
  [],
] as const
const barChoices = [30, 15, 5, 0]

/** The figures of sources below each other, with a head: as many of them as there is room for. */
function figuresWithin(columns: number, shown: readonly Row[], timed: boolean, hasKinds: boolean): string[] {
  const fullest = Math.max(...shown.map(({ count }) => count))
  const lines = (head: readonly string[], cells: (one: Row) => string[]) => {
    const all = [...(hasKinds ? ['kind'] : []), 'events', ...head]
    const rows = shown.map((one) => [...(hasKinds ? [one.kind] : []), whole(one.count), ...cells(one)])
    return aligned([all, ...rows], new Set(all.flatMap((name, i) => (name === 'kind' || name === '' ? [] : [i]))))
  }
  const choices = timed
    ? figureChoices.map((figures) =>
        lines(
          figures.map((figure) => figure.replace('Us', '')),
          (one) => figures.map((figure) => orUnknown(one[figure], time)),
        ),
      )
    : barChoices.map((cells) => lines([''], (one) => [bar(one.count / fullest, cells)]))
  return choices.find((one) => one.every(({ length }) => length <= columns)) ?? (choices.at(-1) as string[])
}

/** What a spectrum is of, where that has room above it. */
function scaleText(scale: readonly Step[]): string {
  const [first, last] = [scale[0], scale.at(-1)]
  const text = first && last ? rangeText({ ...first, maxUs: last.maxUs }) : ''
  return text.length <= scale.length ? text : ''
}

function nameOf(one: Row, hidesNamespace: boolean): string {
  if ('pod' in one)
    return `${hidesNamespace ? '' : `${one.namespace}/`}${one.pod}${one.container === null ? '' : ` ${one.container}`}`
  if (one.pid !== null) return `${one.pid} ${printable(one.command ?? '(ended)')}`
  return one.netns === null ? 'the machine' : `network namespace ${one.netns}`
}
