import { figuresOf } from '../claim.ts'
import { indicatorTitle } from '../indicators.ts'
import { shownIn } from '../numbers.ts'
import type { Experiment, Outcome, Verdict } from '../record.ts'
import { unitDifferences as differencesOf, type UnitDifference } from '../unit-differences.ts'
import { acrossAxis, endName, linearTicks, nameRoom, spanTicks, tickLabel, upAxis } from './axes.ts'
import { limitAcross } from './limit-line.ts'
import { type ArmLook, armLooks } from './palette.ts'
import { type Chart, draw } from './svg.ts'

interface Line {
  verdict: Verdict
  points: UnitDifference[]
}

const gravity: Outcome[] = ['fail', 'invalid', 'inconclusive', 'pass']
/** Units further than this many interquartile ranges beyond the quartiles may lie beyond the plot: one burst would flatten all others. */
const fence = 1.5

/** The difference in each unit that the gravest verdict rests on, with its estimate, interval and limit; other arms' on the same indicator beside. */
export const unitDifferences: Chart = (experiment, options = {}) => {
  const lines = linesOf(experiment)
  const [first] = lines
  if (!first) return null
  const looks = armLooks(experiment.arms)
  const limits = [
    ...new Set(
      lines.flatMap(({ verdict: { limit } }) => [limit.min, limit.max].filter((bound) => bound !== undefined)),
    ),
  ]
  const { unit } = first.verdict
  const ticks = ticksFor(lines, limits)
  const [low, high] = [ticks[0] as number, ticks.at(-1) as number]
  const half = (first.verdict.units?.lengthMs ?? 0) / 2000
  const seconds = half + Math.max(...lines.flatMap(({ points }) => points.map((point) => point.seconds)))
  return draw(
    {
      title: titleOf(first.verdict),
      description: lines.map((line) => lineInWords(line, [low, high])).join('; '),
      option: ({ width, top }) => {
        const names = lines.map(({ verdict }) => verdict.arm)
        const room = nameRoom(names, width)
        return {
          grid: { top: top + 28, right: room, bottom: 44, left: 40 },
          xAxis: acrossAxis({
            name: 'seconds measured',
            min: 0,
            max: seconds,
            ticks: linearTicks(seconds).filter((tick) => tick <= seconds),
            label: tickLabel,
          }),
          yAxis: upAxis({ name: shownIn(unit).unit, min: low, max: high, ticks, label: tickLabel }),
          series: [
            ...lines.flatMap((line) => seriesOf(line, looks.get(line.verdict.arm), [low, high], seconds, room)),
            ...limits.map((limit) =>
              limitAcross(limit, figuresOf({ ...first.verdict, limit: boundOf(first.verdict, limit) }).limit, seconds),
            ),
          ],
        }
      },
    },
    options,
  )
}

const titleOf = ({ kind, indicator }: Verdict) =>
  kind === 'share'
    ? `${indicatorTitle(indicator)} of each unit as a multiple, and the limit`
    : `What each unit adds at ${indicatorTitle(indicator)}, and the limit`

/** The same as a heading; empty where nothing is drawn. */
export function unitDifferencesTitle(experiment: Experiment): string {
  const [first] = linesOf(experiment)
  return first ? titleOf(first.verdict) : ''
}

const boundOf = ({ limit: { min } }: Verdict, bound: number): Verdict['limit'] =>
  bound === min ? { min: bound } : { max: bound }

/** The gravest verdict on a difference that has units behind it, and those of other arms on the same indicator. */
function linesOf(experiment: Experiment): Line[] {
  const drawn = experiment.verdicts
    .map((verdict) => ({ verdict, points: differencesOf(experiment, verdict) }))
    .filter(({ points }) => points.length > 1)
    .toSorted((a, b) => gravity.indexOf(a.verdict.outcome) - gravity.indexOf(b.verdict.outcome))
  const [first] = drawn
  const alike = drawn.filter(
    ({ verdict: { kind, indicator, over } }) =>
      kind === first?.verdict.kind && indicator === first.verdict.indicator && over === first.verdict.over,
  )
  return alike.filter(({ verdict }, i) => alike.findIndex((other) => other.verdict.arm === verdict.arm) === i)
}

/** The bulk of the units, every interval and limit, and of differences zero. */
function ticksFor(lines: readonly Line[], limits: readonly number[]): number[] {
  const values = lines.flatMap(({ points, verdict: { interval, measured, kind } }) => {
    const sorted = points.map(({ value }) => value).sort((a, b) => a - b)
    const [lower, upper] = [0.25, 0.75].map((share) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0) as [
      number,
      number,
    ]
    const [from, to] = [lower - fence * (upper - lower), upper + fence * (upper - lower)]
    return [
      ...sorted.filter((value) => from <= value && value <= to),
      ...(interval ?? []),
      ...(measured === null ? [] : [measured]),
      ...(kind === 'share' ? [] : [0]),
    ]
  })
  return spanTicks(Math.min(...values, ...limits), Math.max(...values, ...limits))
}

function seriesOf(
  { verdict, points }: Line,
  look: ArmLook | undefined,
  [low, high]: [number, number],
  seconds: number,
  room: number,
) {
  const paint = look?.colour ?? ''
  const { measured, interval } = verdict
  return [
    {
      type: 'line',
      showSymbol: false,
      data:
        measured === null
          ? []
          : [
              [0, measured],
              [seconds, measured],
            ],
      lineStyle: { color: paint, width: 2 },
      ...endName(verdict.arm, paint, room),
      z: 4,
      ...(interval
        ? {
            markArea: {
              silent: true,
              itemStyle: { color: paint, borderColor: paint, opacity: 0.16 },
              data: [[{ yAxis: interval[0] }, { yAxis: interval[1] }]],
            },
          }
        : {}),
    },
    {
      type: 'scatter',
      data: points.map(({ seconds: at, value }) => ({
        value: [at, Math.min(high, Math.max(low, value))],
        // Beyond the plot: at its edge, pointing to where it is.
        ...(value > high || value < low
          ? { symbol: 'triangle', symbolRotate: value < low ? 180 : 0 }
          : { symbol: 'circle' }),
      })),
      symbolSize: 5,
      itemStyle: { color: paint, opacity: 0.55 },
      z: 3,
    },
  ]
}

function lineInWords({ verdict, points }: Line, [low, high]: [number, number]): string {
  const { measured, interval, limit } = figuresOf(verdict)
  const outside = points.filter(({ value }) => value > high || value < low).length
  return `${verdict.arm}: ${points.length} units, median ${measured ?? 'unknown'} ${interval}, limit ${limit}${outside > 0 ? `, ${outside} of them beyond the plot` : ''}`
}
