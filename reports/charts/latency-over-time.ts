import { median, milliseconds } from '../numbers.ts'
import type { Trial } from '../record.ts'
import { validTrials } from '../summary.ts'
import { isOfUnits } from '../units.ts'
import { acrossAxis, endName, linearTicks, nameRoom, tickLabel, upAxis } from './axes.ts'
import { armLooks } from './palette.ts'
import { type Chart, draw } from './svg.ts'

type Point = [second: number, ms: number]

/** p99 of each second of a trial: every valid trial a faint line, the median over trials a strong one. */
export const latencyOverTime: Chart = (experiment, options = {}) => {
  if (isOfUnits(experiment)) return null
  const looks = armLooks(experiment.arms)
  const arms = experiment.arms.flatMap((arm) => {
    const trials = validTrials(arm)
      .map(points)
      .filter((line) => line.length > 0)
    return trials.length > 0 ? [{ name: arm.name, trials, middle: middleLine(trials) }] : []
  })
  if (arms.length === 0) return null
  const every = arms.flatMap(({ trials }) => trials.flat())
  const ticks = linearTicks(Math.max(...every.map(([, ms]) => ms)))
  const seconds = Math.max(...every.map(([second]) => second))
  // Two points make no line to speak of.
  const marked = seconds <= 3

  return draw(
    {
      title: 'p99 of each second',
      description: arms
        .map(({ name, middle }) => {
          const ends = [middle[0], middle.at(-1)].map((point) => milliseconds((point?.[1] ?? 0) * 1000))
          return `${name}: median over trials ${ends[0]} ms in the first second, ${ends[1]} ms in the last`
        })
        .join('; '),
      option: ({ width, top }) => {
        const room = nameRoom(
          arms.map(({ name }) => name),
          width,
        )
        const across = linearTicks(seconds).filter((tick) => tick <= seconds)
        return {
          grid: { top: top + 28, right: room, bottom: 44, left: 40 },
          xAxis: acrossAxis({ name: 'seconds into the trial', min: 0, max: seconds, ticks: across, label: tickLabel }),
          yAxis: upAxis({ name: 'ms', min: 0, max: ticks.at(-1) as number, ticks, label: tickLabel }),
          series: arms.flatMap(({ name, trials, middle }) => {
            const look = looks.get(name)
            const shared = { type: 'line', symbol: look?.mark, symbolSize: 6, itemStyle: { color: look?.colour } }
            return [
              ...trials.map((data) => ({
                ...shared,
                data,
                showSymbol: false,
                lineStyle: { color: look?.colour, width: 1, opacity: 0.22 },
              })),
              {
                ...shared,
                data: middle,
                showSymbol: marked,
                lineStyle: { color: look?.colour, width: 2, type: look?.line },
                ...endName(name, look?.colour ?? '', room),
                z: 3,
              },
            ]
          }),
        }
      },
    },
    options,
  )
}

const points = ({ load }: Trial): Point[] =>
  load.timeline.flatMap(({ atMs, p99Us }) => (p99Us === null ? [] : [[atMs / 1000, p99Us / 1000]]))

/** Where the trials' seconds coincide; a last, shorter second may differ between them by a little. */
function middleLine(trials: readonly Point[][]): Point[] {
  const longest = Math.max(...trials.map((line) => line.length))
  return Array.from({ length: longest }, (_, i): Point[] => {
    const here = trials.flatMap((line) => (line[i] ? [line[i]] : []))
    const [second, ms] = [median(here.map(([at]) => at)), median(here.map(([, value]) => value))]
    return second === null || ms === null ? [] : [[second, ms]]
  }).flat()
}
