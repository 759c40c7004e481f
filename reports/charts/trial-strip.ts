import { decimal, median } from '../numbers.ts'
import type { Experiment, Trial } from '../record.ts'
import { isOfStreams } from '../summary.ts'
import { isOfUnits } from '../units.ts'
import { acrossAxis, endName, linearTicks, nameRoom, tickLabel, upAxis } from './axes.ts'
import { armLooks, colour } from './palette.ts'
import { type Chart, draw } from './svg.ts'

interface Shown {
  what: string
  unit: string
  of(trial: Trial): number | null
}

const latency: Shown = {
  what: 'p99',
  unit: 'ms',
  of: ({ load }) => (load.latency.p99Us === null ? null : load.latency.p99Us / 1000),
}
const bitRate: Shown = {
  what: 'Bit rate',
  unit: 'Gbit/s',
  of: ({ load }) => (load.stream ? load.stream.bitsPerSecond / 1e9 : null),
}

const shownOf = ({ arms }: Experiment) => (arms.some(isOfStreams) ? bitRate : latency)

/** The p99, or bit rate, of every trial in the order they ran, with each arm's median: drift and outliers show, which pooled numbers hide. */
export const trialStrip: Chart = (experiment, options = {}) => {
  if (isOfUnits(experiment)) return null
  const looks = armLooks(experiment.arms)
  const { what, unit, of } = shownOf(experiment)
  const arms = experiment.arms.flatMap(({ name, trials }) => {
    const dots = trials.flatMap((trial) => {
      const value = of(trial)
      return value === null ? [] : [{ index: trial.index, value, valid: trial.validity.valid }]
    })
    const middle = median(dots.filter(({ valid }) => valid).map(({ value }) => value))
    return dots.length > 0 ? [{ name, dots, middle }] : []
  })
  if (arms.length === 0) return null
  const ticks = linearTicks(Math.max(...arms.flatMap(({ dots }) => dots.map(({ value }) => value))))
  const last = Math.max(...experiment.arms.flatMap(({ trials }) => trials.map(({ index }) => index)))

  return draw(
    {
      title: `${what} of each trial, in run order`,
      description: arms
        .map(({ name, dots, middle }) => {
          const values = dots.map(({ value }) => value)
          const range = `${decimal(Math.min(...values))} to ${decimal(Math.max(...values))} ${unit}`
          return `${name}: ${dots.length} trials from ${range}${middle === null ? '' : `, median ${decimal(middle)} ${unit}`}`
        })
        .join('; '),
      option: ({ width, top }) => {
        const room = nameRoom(
          arms.map(({ name }) => name),
          width,
        )
        return {
          grid: { top: top + 28, right: room, bottom: 44, left: 40 },
          xAxis: acrossAxis({
            name: 'trial',
            min: 0.5,
            max: last + 0.5,
            ticks: trialTicks(last, width),
            label: String,
          }),
          yAxis: upAxis({ name: unit, min: 0, max: ticks.at(-1) as number, ticks, label: tickLabel }),
          series: arms.flatMap(({ name, dots, middle }) => {
            const look = looks.get(name)
            const mark = (dot: (typeof dots)[number]) => ({
              value: [dot.index, dot.value],
              // Hollow: seen, but not counted.
              itemStyle: dot.valid
                ? { color: look?.colour, opacity: 1 }
                : { color: colour('ground'), borderColor: look?.colour, borderWidth: 1.5 },
            })
            return [
              {
                type: 'line',
                showSymbol: false,
                data:
                  middle === null
                    ? []
                    : [
                        [0.5, middle],
                        [last + 0.5, middle],
                      ],
                lineStyle: { color: look?.colour, width: 1, opacity: 0.7, type: look?.line },
                ...endName(name, look?.colour ?? '', room),
              },
              { type: 'scatter', symbol: look?.mark, symbolSize: 8, data: dots.map(mark), z: 3 },
            ]
          }),
        }
      },
    },
    options,
  )
}

/** Trial 1, then every round number for which there is room. */
function trialTicks(last: number, width: number): number[] {
  const most = width / 45
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((n) => last / n <= most) ?? 1000
  const ticks = Array.from({ length: Math.floor(last / step) }, (_, i) => (i + 1) * step)
  return step < 5 ? ticks : [1, ...ticks]
}
