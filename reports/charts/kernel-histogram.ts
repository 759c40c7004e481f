import { indicators } from '../indicators.ts'
import { percentileOfBuckets, stations } from '../kernel.ts'
import { type ArmReading, readingsByProbe, type StationSeries } from '../kernel-readings.ts'
import { decimal, orUnknown, whole } from '../numbers.ts'
import { acrossAxis, linearTicks, logTicks, tickLabel, upAxis } from './axes.ts'
import { legendAbove } from './legend.ts'
import { armLooks } from './palette.ts'
import { type Chart, draw, widths } from './svg.ts'

interface Line {
  arm: string
  series: StationSeries
}

interface Panel {
  name: string
  lines: Line[]
}

const panelHeight = 64
const panelGap = 34
/** Fewer of all events at either end would stretch the axis and be too low to see. */
const leastShare = 0.0005

/** What a probe measured: a panel for each station of the way, an arm a line; how many of its events took so long. */
export const kernelHistogram =
  (probe: string): Chart =>
  (experiment, options = {}) => {
    const panels = panelsOf(probe, readingsByProbe(experiment).get(probe) ?? [])
    if (panels.length === 0) return null
    const looks = armLooks(experiment.arms)
    const arms = experiment.arms
      .map(({ name }) => name)
      .filter((name) => panels.some(({ lines }) => lines.some(({ arm }) => arm === name)))
    const steps = panels.flatMap(({ lines }) => lines.map(({ series }) => stepsOf(series)))
    const ticks = logTicks(steps.flatMap((points) => points.map(([us]) => us)))
    const up = linearTicks(100 * Math.max(...steps.flatMap((points) => points.map(([, share]) => share))))
    const highest = up.at(-1) as number
    const ends = { min: Math.log10(ticks[0] as number), max: Math.log10(ticks.at(-1) as number) }

    const legend = legendAbove(arms, widths[options.width ?? 'wide'])

    return draw(
      {
        title: `${probe}: how long, by station`,
        description: panels.map(panelInWords).join('; '),
        height: 44 + legend.below + panels.length * (panelHeight + panelGap) + 30,
        option: ({ top }) => {
          const sides = { left: 40, right: 24 }
          const panelTop = (i: number) => top + 52 + legend.below + i * (panelHeight + panelGap)
          const isLast = (i: number) => i === panels.length - 1
          return {
            legend: { ...legend.look, top: top + 2, itemWidth: 22, itemHeight: 8 },
            grid: panels.map((_, i) => ({ top: panelTop(i), height: panelHeight, ...sides })),
            xAxis: panels.map((_, i) => ({
              ...acrossAxis({
                name: isLast(i) ? 'µs' : '',
                ...ends,
                ticks: ticks.map(Math.log10),
                label: (x) => (isLast(i) ? tickLabel(Number((10 ** x).toPrecision(3))) : ''),
                lines: true,
              }),
              gridIndex: i,
            })),
            yAxis: panels.map(({ name }, i) => ({
              ...upAxis({ name, min: 0, max: highest, ticks: [0, highest], label: (share) => `${tickLabel(share)} %` }),
              gridIndex: i,
            })),
            series: panels.flatMap(({ lines }, i) =>
              lines.map(({ arm, series }) => ({
                ...{ type: 'line', name: arm, xAxisIndex: i, yAxisIndex: i, step: 'end', symbol: 'none' },
                data: stepsOf(series).map(([us, share]) => [Math.log10(us), 100 * share]),
                itemStyle: { color: looks.get(arm)?.colour },
                lineStyle: { color: looks.get(arm)?.colour, width: 1.6, type: looks.get(arm)?.line },
              })),
            ),
          }
        },
      },
      options,
    )
  }

/** The kind that the probe's indicators are of, where a station has it; else the one with the most values, by its name. */
function panelsOf(probe: string, readings: readonly ArmReading[]): Panel[] {
  const main = indicators.find(({ ofKernel }) => ofKernel?.probe === probe && ofKernel.percent !== undefined)
  const usual = main?.ofKernel?.kinds[0] ?? probe
  const all = readings.flatMap(({ arm, series }) =>
    series.filter(({ buckets }) => buckets.length > 0).map((one) => ({ arm, series: one })),
  )
  return stations.flatMap((at) => {
    const here = all.filter(({ series }) => series.at === at)
    const series = here.map((one) => one.series)
    const kind = series.some((one) => one.kind === usual) ? usual : mostOf(series)
    const lines = here.filter((one) => one.series.kind === kind)
    return lines.length === 0 ? [] : [{ name: kind === usual ? at : `${at}, kind ${kind}`, lines }]
  })
}

const mostOf = (series: readonly StationSeries[]) => series.toSorted((a, b) => b.count - a.count)[0]?.kind

/** Where each bucket begins and which share of the events is in it, then where the last one ends. */
function stepsOf({ buckets }: StationSeries): [us: number, share: number][] {
  const all = buckets.reduce((sum, [, , n]) => sum + n, 0)
  const seen = buckets.filter(([, , n]) => n / all >= leastShare)
  const points: [number, number][] = []
  let end: number | null = null
  for (const [from, to, n] of seen) {
    // Of no width on an axis of logarithms without a start.
    const start = from > 0 ? from : to / Math.SQRT2
    if (end === null) points.push([start, 0])
    else if (start > end) points.push([end, 0])
    points.push([start, n / all])
    end = to
  }
  const [last] = points.slice(-1)
  return end === null || !last ? [] : [...points, [end, last[1]], [end, 0]]
}

function panelInWords({ name, lines }: Panel): string {
  const figures = lines.map(({ arm, series: { count, buckets } }) => {
    const [p50, p99] = [50, 99].map((percent) => orUnknown(percentileOfBuckets(buckets, percent), decimal))
    return `${arm} ${whole(count)} events, p50 ${p50} µs, p99 ${p99} µs`
  })
  return `${name}: ${figures.join(', ')}`
}
