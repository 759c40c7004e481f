import type { Baseline, History } from '../history.ts'
import { figureText, historyTitle, moment, sizeText } from '../history-text.ts'
import { shownIn } from '../numbers.ts'
import { acrossAxis, spanTicks, tickLabel, upAxis } from './axes.ts'
import { colour } from './palette.ts'
import { type ChartOptions, draw } from './svg.ts'

/** Runs further away than so many times the scatter stand at the edge, as triangles: they would press the others flat. */
const mostScatters = 12

/** A figure of each run in order, the levels between changes, the band of the baseline's scatter, and the trend where it is clear. */
export function historyChart(history: History, options: ChartOptions = {}): string {
  const { runs, unit, events, baseline, trend } = history
  const { factor, unit: shown } = shownIn(unit)
  const last = runs.length - 1
  const levels = levelsOf(history)
  const [low, high] = boundsOf(history, levels)
  // Sums of steps may differ in their last digits from what the library takes for them.
  const ticks = spanTicks(low * factor, high * factor).map((tick) => Number(tick.toPrecision(12)))
  const [bottom, top] = [ticks[0] as number, ticks.at(-1) as number]
  const line = (points: readonly (readonly [number, number])[], look: object) => ({
    ...{ type: 'line', showSymbol: false, silent: true, z: 2 },
    data: points.map(([x, value]) => [x, value * factor]),
    lineStyle: { color: colour('control'), width: 1.6, ...look },
  })
  const mark = (value: number, i: number) => {
    const y = value * factor
    const beyond = y > top || y < bottom
    return {
      value: [i, Math.min(top, Math.max(bottom, y))],
      ...(beyond ? { symbol: 'triangle', symbolRotate: y > top ? 0 : 180 } : {}),
      symbolSize: i === last ? 9 : runs.length > 150 ? 3.5 : 5,
      itemStyle: { color: colour(i === last ? 'arm-2' : 'arm-1'), opacity: i === last ? 1 : 0.75 },
    }
  }

  return draw(
    {
      title: `${historyTitle(history)} from run to run`,
      description: descriptionOf(history),
      option: ({ width, top: above }) => {
        const at = runTicks(runs.length, width)
        return {
          grid: { top: above + 36, right: 18, bottom: 44, left: 46 },
          xAxis: acrossAxis({
            name: 'run, with the day on which it began',
            min: -0.5,
            max: last + 0.5,
            ticks: at,
            label: (i) => (runs[i] ? moment(runs[i].startedAt).slice(0, 10) : ''),
          }),
          yAxis: upAxis({ name: shown, min: bottom, max: top, ticks, label: tickLabel }),
          series: [
            {
              ...{ type: 'scatter', data: runs.map(({ value }, i) => mark(value, i)), z: 3 },
              markLine: changeMarks(events, unit),
              ...(baseline ? { markArea: bandOf(history, baseline, factor) } : {}),
            },
            ...levels.map(({ from, to, value }) =>
              line(
                [
                  [from - 0.5, value],
                  [to - 0.5, value],
                ],
                {},
              ),
            ),
            ...(trend?.clear
              ? [
                  line(
                    [
                      [trend.first, trend.start],
                      [last, trend.end],
                    ],
                    { type: [6, 3], color: colour('ink') },
                  ),
                ]
              : []),
          ],
        }
      },
    },
    options,
  )
}

interface Level {
  from: number
  /** The first run that is no part of it. */
  to: number
  value: number
}

/** Between changes, as the events have them; without any, that of the baseline, over its runs. */
function levelsOf({ runs, events, baseline }: History): Level[] {
  const [first] = events
  if (first === undefined)
    return baseline === null ? [] : [{ from: baselineFrom(runs, baseline), to: runs.length, value: baseline.median }]
  const after = events.map((event, i): Level => {
    return { from: event.index, to: events[i + 1]?.index ?? runs.length, value: event.after }
  })
  return [{ from: 0, to: first.index, value: first.before }, ...after]
}

/** The last run is none of it. */
const baselineFrom = (runs: History['runs'], baseline: Baseline) => runs.length - 1 - baseline.runs

function boundsOf({ runs, noise, trend }: History, levels: readonly Level[]): [number, number] {
  const values = runs.map(({ value }) => value)
  const centres = [...levels.map(({ value }) => value), ...(trend?.clear ? [trend.start, trend.end] : [])]
  const near = (value: number) =>
    noise === null || centres.some((centre) => Math.abs(value - centre) <= mostScatters * noise)
  const shown = [...values.filter(near), ...centres]
  const [low, high] = [Math.min(...shown), Math.max(...shown)]
  // What only scatters in its last digits is no mountain.
  const least = Math.max(6 * (noise ?? 0), 1e-3 * Math.abs(high), Number.MIN_VALUE)
  const more = Math.max(0, least - (high - low)) / 2
  return [low - more, high + more]
}

function changeMarks(events: History['events'], unit: string) {
  return {
    silent: true,
    symbol: 'none',
    lineStyle: { color: colour('ink'), type: [3, 3], width: 1 },
    data: events.map(({ index, size, better }) => ({
      xAxis: index - 0.5,
      label: {
        ...{ show: true, fontSize: 11, fontWeight: 600, color: colour(better ? 'arm-3' : 'arm-2') },
        formatter: sizeText({ ...size, interval: null }, unit),
      },
    })),
  }
}

function bandOf({ runs }: History, baseline: Baseline, factor: number) {
  const [middle, noise] = [baseline.median * factor, (baseline.noise ?? 0) * factor]
  return {
    silent: true,
    itemStyle: { color: colour('arm-1'), opacity: 0.1 },
    data: [
      [
        { xAxis: baselineFrom(runs, baseline) - 0.5, yAxis: middle - noise },
        { xAxis: runs.length - 0.5, yAxis: middle + noise },
      ],
    ],
  }
}

/** As many runs as there is room for their days. */
function runTicks(count: number, width: number): number[] {
  const most = Math.max(2, Math.floor(width / 100))
  if (count <= most) return Array.from({ length: count }, (_, i) => i)
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)))
}

function descriptionOf({ runs, unit, events, baseline, trend }: History): string {
  const latest = runs.at(-1)
  return [
    `${runs.length} runs, the latest ${latest ? figureText(latest.value, unit) : 'unknown'}`,
    ...(baseline ? [`median of the ${baseline.runs} before it ${figureText(baseline.median, unit)}`] : []),
    ...events.map(
      (event) =>
        `a change by ${sizeText(event.size, unit)} on ${moment(runs[event.index]?.startedAt ?? '').slice(0, 10)}`,
    ),
    ...(trend?.clear ? [`a trend of ${sizeText(trend.size, unit)}`] : []),
  ].join('; ')
}
