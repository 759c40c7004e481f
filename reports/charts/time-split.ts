import type { SplitPart } from '../kernel.ts'
import { decimal } from '../numbers.ts'
import type { Experiment } from '../record.ts'
import { type ArmSplit, armSplit, type Place, places, timeByPlace } from '../time-split.ts'
import { acrossAxis, linearTicks, nameRoom, shortened, tickLabel } from './axes.ts'
import { legendAbove } from './legend.ts'
import { type ColourName, colour } from './palette.ts'
import { type Chart, draw, widths } from './svg.ts'

interface Row {
  arm: string
  /** At the axis: its slowest units stand below the arm. */
  name: string
  split: ArmSplit
}

interface Segment {
  place: Place
  us: number
  /** What was done lies dark; what lay and waited, faint. */
  opacity: number
}

const colours: Record<Place, ColourName> = {
  client: 'station-client',
  'client proxy': 'station-client-proxy',
  'server proxy': 'station-server-proxy',
  app: 'station-app',
  network: 'proxy',
  unattributed: 'rule',
}

const rowHeight = 30
const barHeight = 16
const headHeight = 50
const faint = { waiting: 0.7, unread: 0.4 }

/** Where the time of each arm's mean request went, in the order of the way, of all its units and of the slowest. */
export const timeSplit: Chart = (experiment, options = {}) => {
  const rows = rowsOf(experiment)
  if (rows.length === 0) return null
  const bars = rows.map(({ split }) => segmentsOf(split))
  const totals = bars.map((segments) => segments.reduce((sum, { us }) => sum + us, 0))
  const ticks = linearTicks(Math.max(...totals) / 1000)
  const most = Math.max(...bars.map((segments) => segments.length))
  const shown = places.filter((place) => bars.some((segments) => segments.some((one) => one.place === place)))
  const legend = legendAbove(shown, widths[options.width ?? 'wide'])

  return draw(
    {
      title: 'Where the time of the mean request went',
      description: rows
        .map(({ arm, name, split }) => `${arm}${name === arm ? '' : `, ${name}`}: ${inWords(split)}`)
        .join('; '),
      height: headHeight + legend.below + rows.length * rowHeight + 44,
      option: ({ width, top }) => {
        const left = nameRoom(
          rows.map(({ name }) => name),
          width,
        )
        const grid = { top: top + headHeight + legend.below - 16, left, right: 50, height: rows.length * rowHeight }
        const perUs = (width - left - grid.right) / ((ticks.at(-1) as number) * 1000)
        return {
          grid,
          legend: { ...legend.look, top: top + 2, itemWidth: 10, itemHeight: 10, itemGap: 18 },
          xAxis: acrossAxis({
            ...{ name: 'ms of the mean service time', min: 0, max: ticks.at(-1) as number, ticks },
            ...{ label: tickLabel, lines: true },
          }),
          yAxis: {
            ...{
              type: 'category',
              inverse: true,
              data: rows.map(({ name }) => shortened(name, left)),
              axisTick: { show: false },
            },
            axisLine: { lineStyle: { color: colour('rule') } },
            axisLabel: { color: colour('ink'), fontSize: 11, fontWeight: 600, width: left - 12, overflow: 'truncate' },
          },
          series: [
            // The legend takes its colours from these; the bars differ in them within a series.
            ...shown.map((place) => ({ ...bar, name: place, itemStyle: { color: colour(colours[place]) }, data: [] })),
            ...Array.from({ length: most }, (_, i) => ({
              ...bar,
              data: bars.map((segments) => segmentItem(segments[i], perUs)),
            })),
            {
              ...bar,
              itemStyle: { color: colour('ground') },
              data: rows.map(() => 0),
              label: {
                ...{ show: true, position: 'right', color: colour('ink'), fontSize: 11 },
                formatter: ({ dataIndex }: { dataIndex: number }) =>
                  decimal((rows[dataIndex]?.split.serviceTimeUs ?? 0) / 1000),
              },
            },
          ],
        }
      },
    },
    options,
  )
}

const bar = { type: 'bar', stack: 'time', barWidth: barHeight }

function segmentItem(segment: Segment | undefined, perUs: number) {
  if (!segment) return '-'
  const { place, us, opacity } = segment
  const words = decimal(us / 1000, 0.5)
  const fits = us * perUs > 6 * words.length + 6
  return {
    value: us / 1000,
    itemStyle: { color: colour(colours[place]), opacity, borderColor: colour('ground'), borderWidth: 1 },
    label: {
      show: fits,
      position: 'inside',
      fontSize: 10,
      opacity: 1,
      color: colour(opacity === 1 && place !== 'unattributed' && place !== 'network' ? 'ground' : 'ink'),
      formatter: () => words,
    },
  }
}

/** A row for each arm of all its units, and one of its slowest. */
function rowsOf({ arms }: Experiment): Row[] {
  return arms.flatMap((arm) =>
    (['all', 'slowest'] as const).flatMap((whose): Row[] => {
      const split = armSplit(arm, whose)
      return split === null || 'reason' in split
        ? []
        : [{ arm: arm.name, name: whose === 'all' ? arm.name : 'slowest', split }]
    }),
  )
}

function segmentsOf({ parts, unattributedUs }: ArmSplit): Segment[] {
  const segments = [...parts.flatMap(partSegments), { place: 'unattributed' as const, us: unattributedUs, opacity: 1 }]
  return segments.filter(({ us }) => us > 0)
}

function partSegments({ kind, at, us, forCpuUs = 0 }: SplitPart): Segment[] {
  if (kind === 'network') return [{ place: 'network', us, opacity: 1 }]
  if (kind === 'time') return [{ place: at, us, opacity: 1 }]
  return [
    { place: at, us: us - forCpuUs, opacity: faint.unread },
    { place: at, us: forCpuUs, opacity: faint.waiting },
  ]
}

function inWords(split: ArmSplit): string {
  const times = timeByPlace(split)
  const words = places.flatMap((place) => {
    const us = times.get(place)?.us ?? 0
    return us === 0 ? [] : [`${place} ${decimal(us / 1000)}`]
  })
  return `${decimal(split.serviceTimeUs / 1000)} ms, of it ${words.join(', ')}`
}
