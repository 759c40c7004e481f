import { styleText } from 'node:util'
import { probes } from '../../ebpf/probes/index.ts'
import { orUnknown, percent, whole } from '../../reports/numbers.ts'
import { mostLost, type ProbeReading } from '../probes/attach.ts'
import { type Figures, together } from '../probes/figures.ts'
import { targetText } from '../probes/target-text.ts'
import { aligned } from './aligned.ts'
import { cut, cutInside } from './cut.ts'
import { mostSteps, type Room, type Row, tableOf } from './probe-table.ts'
import { bar, rangeText, type Step, stepsOf, time } from './spectrum.ts'

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
    `${styleText('bold', probe)} ${cutInside(`of ${targetText(reading.target)} · ${when}`, room.columns - probe.length - 1)}`,
    ...(room.rows < 20 ? [] : [styleText('dim', cut(probes[probe].description, room.columns))]),
  ]
  const doubts = notesOf(reading)
  const linesOf = (notes: readonly string[]) => notes.map((note) => cut(note, room.columns))
  if (series.length === 0) return [...head, '', 'nothing was seen', ...linesOf(doubts)].join('\n')
  const freeWith = (lines: number) => room.rows - head.length - lines - (lines > 0 ? 1 : 0)
  const byKind = [...Map.groupBy(series, ({ kind }) => kind)]
  const kinds = byKind.map(([kind, parts]) => together(reading.unit, kind, parts))
  const timed = kinds.filter(({ buckets }) => buckets.length > 0).toSorted((a, b) => b.count - a.count)
  const layout = (free: number) => {
    const needsTable =
      timed.length < kinds.length ||
      byKind.some(([, parts]) => parts.length > 1) ||
      timed.length > Math.max(1, Math.floor(free / leastBlock))
    const forTable = needsTable ? Math.min(series.length + 2, tableShare, Math.floor(free / 2)) : 0
    const shown = timed.slice(0, Math.max(1, Math.floor((free - forTable) / leastBlock)))
    return { free, needsTable, forTable, shown }
  }
  const first = layout(freeWith(doubts.length))
  const all = first.shown.length === timed.length
  const { free, needsTable, forTable, shown } = all ? first : layout(freeWith(doubts.length + 1))
  const without = timed.slice(shown.length).map(({ kind }) => kind)
  const notes = linesOf([...(without.length > 0 ? [leftOut(without)] : []), ...doubts])
  const steps = Math.min(mostSteps, Math.floor((free - forTable) / Math.max(1, shown.length)) - 2)
  const blocks = shown.flatMap((one) => [
    '',
    ...block(one, kinds.length > 1 || kinds[0]?.kind !== probe, Math.max(1, steps), room.columns),
  ])
  const table = needsTable ? tableOf(reading, kinds, { ...room, rows: free - blocks.length - 1 }) : []
  const below = [table, notes].flatMap((lines) => (lines.length > 0 ? ['', ...lines] : []))
  return [...head, ...blocks, ...below].join('\n')
}

const leftOut = (kinds: readonly string[]) =>
  `${kinds.length === 1 ? '1 histogram has' : `${kinds.length} histograms have`} no room: a taller terminal or --json has them (${kinds.join(', ')})`

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
