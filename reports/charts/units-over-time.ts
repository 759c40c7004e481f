import { decimal, median, orUnknown, percent } from '../numbers.ts'
import type { Arm, MachineUnit } from '../record.ts'
import { validTrials } from '../summary.ts'
import { isOfUnits, unitsOf, unitsPercentileUs } from '../units.ts'
import { acrossAxis, endName, linearTicks, logTicks, nameRoom, tickLabel, upAxis } from './axes.ts'
import { armLooks, colour } from './palette.ts'
import { type Chart, draw } from './svg.ts'

type Point = [second: number, value: number | null]

/** What of the machine stands under the latencies, on the same seconds. */
interface Panel {
  name: string
  points: Point[]
  label(value: number): string
}

const p99 = { distribution: 'latency', percent: 99 } as const
const panelHeight = 46
const panelGap = 40

/** p99 of each unit of every arm, and under it how late the machine's timers were and what it took away. */
export const unitsOverTime: Chart = (experiment, options = {}) => {
  if (!isOfUnits(experiment)) return null
  const { unitMs = 1000 } = experiment
  const middle = (index: number) => ((index + 0.5) * unitMs) / 1000
  const arms = experiment.arms.flatMap((arm) => {
    const points = unitsOf(arm).flatMap((unit): [number, number][] => {
      const us = unitsPercentileUs([unit], p99)
      return us === null || us <= 0 ? [] : [[middle(unit.index), us / 1000]]
    })
    return points.length > 0 ? [{ name: arm.name, points }] : []
  })
  if (arms.length === 0) return null
  const looks = armLooks(experiment.arms)
  const panels = panelsOf(experiment.machine ?? [], middle)
  const ticks = logTicks(arms.flatMap(({ points }) => points.map(([, ms]) => ms)))
  const seconds = Math.max(...arms.flatMap(({ points }) => points.map(([at]) => at))) + unitMs / 2000
  const below = panels.length * (panelHeight + panelGap)

  return draw(
    {
      title: 'p99 of each unit',
      description: [
        ...arms.map(
          ({ name, points }) =>
            `${name}: ${points.length} units, median ${orUnknown(median(points.map(([, ms]) => ms)), decimal)} ms`,
        ),
        ...panels.map(
          ({ name, points, label }) =>
            `${name}: median ${orUnknown(median(points.flatMap(([, value]) => value ?? [])), label)}`,
        ),
      ].join('; '),
      height: 270 + below,
      option: ({ width, height, top }) => {
        const room = nameRoom(
          arms.map(({ name }) => name),
          width,
        )
        const across = linearTicks(seconds).filter((tick) => tick <= seconds)
        const sides = { left: 40, right: room }
        const axis = (last: boolean) => ({
          ...acrossAxis({
            name: last ? 'seconds measured' : '',
            min: 0,
            max: seconds,
            ticks: last ? across : [],
            label: tickLabel,
          }),
        })
        const panelTop = (i: number) => height - 44 - panelHeight - (panels.length - 1 - i) * (panelHeight + panelGap)
        return {
          grid: [
            { top: top + 28, bottom: 44 + below, ...sides },
            ...panels.map((_, i) => ({ top: panelTop(i), height: panelHeight, ...sides })),
          ],
          xAxis: [
            axis(panels.length === 0),
            ...panels.map((_, i) => ({ ...axis(i === panels.length - 1), gridIndex: i + 1 })),
          ],
          yAxis: [
            upAxis({
              name: 'ms',
              min: Math.log10(ticks[0] as number),
              max: Math.log10(ticks.at(-1) as number),
              ticks: ticks.map(Math.log10),
              label: (y) => tickLabel(Number((10 ** y).toPrecision(3))),
            }),
            ...panels.map(({ name, points }, i) => {
              const highest = linearTicks(Math.max(...points.map(([, value]) => value ?? 0))).at(-1) || 1
              return {
                ...upAxis({ name, min: 0, max: highest, ticks: [0, highest], label: tickLabel }),
                gridIndex: i + 1,
              }
            }),
          ],
          series: [
            ...arms.map(({ name, points }, i) => {
              const look = looks.get(name)
              return {
                type: 'line',
                data: points.map(([at, ms]) => [at, Math.log10(ms)]),
                showSymbol: false,
                lineStyle: { color: look?.colour, width: 1.4, type: look?.line },
                ...endName(name, look?.colour ?? '', room),
                z: 3,
                ...(i === 0 ? { markLine: deploymentMarks(experiment.arms, (index) => (index * unitMs) / 1000) } : {}),
              }
            }),
            ...panels.map(({ points }, i) => ({
              ...{ type: 'line', xAxisIndex: i + 1, yAxisIndex: i + 1, data: points, showSymbol: false },
              lineStyle: { color: colour('proxy'), width: 1.2 },
              areaStyle: { color: colour('proxy'), opacity: 0.18 },
            })),
          ],
        }
      },
    },
    options,
  )
}

/** What could be read of the machine: a panel each. */
function panelsOf(machine: readonly MachineUnit[], middle: (index: number) => number): Panel[] {
  const points = (of: (unit: MachineUnit) => number | null) =>
    machine.map((unit): Point => [middle(unit.index), of(unit)])
  const panels: Panel[] = [
    {
      name: 'a sleeping thread woken, ms late',
      points: points(({ latenessUs }) => (latenessUs === null ? null : latenessUs / 1000)),
      label: (ms) => `${decimal(ms)} ms`,
    },
    {
      name: 'CPU taken away, %',
      points: points(({ stealShare, foreignCpuShare }) =>
        stealShare === null && foreignCpuShare === null ? null : 100 * ((stealShare ?? 0) + (foreignCpuShare ?? 0)),
      ),
      label: (value) => percent(value / 100),
    },
  ]
  return panels.filter(({ points }) => points.some(([, value]) => value !== null))
}

/** Where a further deployment of the arms begins. */
function deploymentMarks(arms: readonly Arm[], at: (index: number) => number) {
  const [arm] = arms.filter(({ trials }) => trials.length > 1)
  const starts = (arm ? validTrials(arm) : []).slice(1).flatMap(({ load }) => load.units?.[0]?.index ?? [])
  return {
    silent: true,
    symbol: 'none',
    lineStyle: { color: colour('muted'), type: [2, 3], width: 1 },
    label: {
      show: true,
      color: colour('muted'),
      fontSize: 11,
      position: 'insideEndTop',
      formatter: () => 'next deployment',
    },
    data: starts.map((index) => ({ xAxis: at(index) })),
  }
}
