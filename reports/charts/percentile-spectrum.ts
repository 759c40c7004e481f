import { indicatorOf } from '../indicators.ts'
import { decimal, orUnknown, written } from '../numbers.ts'
import type { Experiment } from '../record.ts'
import { summarize } from '../summary.ts'
import { acrossAxis, endName, logTicks, nameRoom, tickLabel, upAxis } from './axes.ts'
import { pooledLatency, spectrumPoints, spectrumStart } from './distributions.ts'
import { limitMark } from './limit-line.ts'
import { armLooks, colour } from './palette.ts'
import { type Chart, draw } from './svg.ts'

interface Limit {
  label: string
  ms: number
  /** Where on the x axis the percentile stands; null for mean and max, which have no place on it. */
  x: number | null
}

const percentiles = [50, 90, 99, 99.9, 99.99, 99.999, 99.9999]

/** Latency by percentile, every arm a line over its pooled valid trials, with the latency objectives drawn in. */
export const percentileSpectrum: Chart = (experiment, options = {}) => {
  const looks = armLooks(experiment.arms)
  const lines = experiment.arms.flatMap((arm) => {
    const histogram = pooledLatency(arm)
    return histogram ? [{ name: arm.name, points: spectrumPoints(histogram) }] : []
  })
  if (lines.length === 0) return null
  const limits = limitsOf(experiment)
  const every = [...lines.flatMap(({ points }) => points.map(([, ms]) => ms)), ...limits.map(({ ms }) => ms)]
  const ticks = logTicks(every)
  const right = Math.max(...lines.map(({ points }) => points.at(-1)?.[0] ?? 0))
  const described = summarize(experiment)
    .filter(({ values }) => values.p99Ms !== null)
    .map(({ arm, values }) => `${arm} p50 ${ms(values.p50Ms)}, p99 ${ms(values.p99Ms)}, p99.9 ${ms(values.p999Ms)}`)

  return draw(
    {
      title: 'Latency by percentile',
      description: [...described, ...limits.map(({ label }) => `objective ${label}`)].join('; '),
      option: ({ width, top }) => {
        const room = nameRoom(
          lines.map(({ name }) => name),
          width,
        )
        return {
          grid: { top: top + 28, right: room, bottom: 44, left: 40 },
          xAxis: acrossAxis({
            name: 'percentile',
            min: spectrumStart,
            max: right,
            ticks: percentiles.map(position).filter((x) => x <= right),
            label: (x) => `p${written(percentiles.find((percent) => Math.abs(position(percent) - x) < 1e-6) ?? 0)}`,
            lines: true,
          }),
          yAxis: upAxis({
            name: 'ms',
            min: Math.log10(ticks[0] as number),
            max: Math.log10(ticks.at(-1) as number),
            ticks: ticks.map(Math.log10),
            label: (y) => tickLabel(Number((10 ** y).toPrecision(3))),
          }),
          series: [
            ...lines.map(({ name, points }) => ({
              type: 'line',
              name,
              data: points.map(([x, y]) => [x, Math.log10(y)]),
              showSymbol: false,
              lineStyle: { color: looks.get(name)?.colour, width: 2, type: looks.get(name)?.line },
              ...endName(name, looks.get(name)?.colour ?? '', room),
            })),
            ...limits.map((limit) => limitLine(limit, right)),
          ],
        }
      },
    },
    options,
  )
}

const ms = (value: number | null = null) => orUnknown(value, () => `${decimal(value as number)} ms`)
const position = (percent: number) => -Math.log10(1 - percent / 100)

function limitsOf({ verdicts }: Experiment): Limit[] {
  const limits = verdicts.flatMap(({ kind, indicator: name, unit, limit: { max } }): Limit[] => {
    const indicator = indicatorOf(name)
    if (kind !== 'objective' || max === undefined || max <= 0 || indicator?.distribution !== 'latency') return []
    return [
      {
        label: `${indicator.title} ≤ ${written(max)} ${unit}`,
        ms: unit === 'ms' ? max : max / 1000,
        x: indicator.percent === undefined ? null : position(indicator.percent),
      },
    ]
  })
  // Arms mostly share their objectives: one line for all of them.
  return limits.filter(({ label }, i) => limits.findIndex((other) => other.label === label) === i)
}

const limitLine = ({ label, ms, x }: Limit, right: number) => ({
  type: 'scatter',
  // The mark shows at which percentile the line counts.
  data: x === null || x > right ? [] : [[x, Math.log10(ms)]],
  symbol: 'circle',
  symbolSize: 7,
  itemStyle: { color: colour('ground'), borderColor: colour('limit'), borderWidth: 1.5 },
  z: 3,
  markLine: limitMark(Math.log10(ms), label, spectrumStart, right),
})
