import type { Figure } from '../../../reports/figures.ts'
import type { Baseline, History, HistoryEvent, HistoryTrend } from '../../../reports/history.ts'
import { indicatorOf } from '../../../reports/indicators.ts'
import { lookedAt } from './candidates.ts'
import { type ChangePoint, changePoints } from './change-points.ts'
import { trendPValue } from './kendall.ts'
import { middleOf, noiseOf } from './noise.ts'
import type { Series } from './series.ts'
import { sizeOf } from './size.ts'
import { lineThrough } from './theil-sen.ts'

/** Runs of a baseline, at most. */
export const usualWindow = 50
const level = 0.001
/** One and the same change may move by so many runs when another run shows better where it is. */
const sameWithin = 5

/** What became of a figure from run to run: changes, trend, and what the latest run is to be seen beside. `window`: of the baseline. */
export function historyOf({ figures, leftOut }: Series, window = usualWindow): History {
  const { suite, test, arm, over, indicator, unit, form, environment } = figures.at(-1) as Figure
  const values = figures.map(({ value }) => value)
  const points = changePoints(values)
  const edges = [0, ...points.map(({ index }) => index), values.length]
  const stretches = edges.slice(1).map((edge, i) => values.slice(edges[i], edge))
  const since = edges.at(-2) as number
  return {
    ...{ suite, test, arm, over, indicator, unit, form, environment, leftOut },
    runs: figures.map(({ run, startedAt, source, value, interval }) => ({ run, startedAt, source, value, interval })),
    events: eventsAt(points, figures, indicator),
    baseline: baselineOf(figures.slice(since, -1).slice(-window)),
    trend: trendSince(since, values),
    noise: noiseOf(stretches),
  }
}

function eventsAt(points: readonly ChangePoint[], figures: readonly Figure[], indicator: string): HistoryEvent[] {
  const values = figures.map(({ value }) => value)
  const older = points.length > 0 ? changePoints(values.slice(0, -1)) : []
  const higherIsBetter = indicatorOf(indicator)?.better === 'higher'
  return points.map(({ index, before, after, pValue }, i) => {
    const from = Math.max(points[i - 1]?.index ?? 0, index - lookedAt)
    const to = Math.min(points[i + 1]?.index ?? values.length, index + lookedAt)
    const isSame = (other: ChangePoint) =>
      Math.abs(other.index - index) <= sameWithin && other.after > other.before === after > before
    return {
      ...{ index, before, after, pValue },
      size: sizeOf(values.slice(from, index), values.slice(index, to)),
      better: after > before === higherIsBetter,
      isNew: !older.some(isSame),
      commits: { from: commitAt(figures[index - 1]), to: commitAt(figures[index]) },
    }
  })
}

const commitAt = (figure?: Figure) => figure?.source?.commit ?? null

function baselineOf(figures: readonly Figure[]): Baseline | null {
  const [first, last] = [figures[0], figures.at(-1)]
  if (!first || !last) return null
  const values = figures.map(({ value }) => value)
  const of = { median: middleOf(values), noise: noiseOf([values]) }
  return { runs: figures.length, from: first.startedAt, to: last.startedAt, ...of }
}

function trendSince(since: number, values: readonly number[]): HistoryTrend | null {
  const line = lineThrough(values.slice(since))
  if (line === null) return null
  const { slope, interval, start, over } = line
  const stretch = values.slice(-over)
  const [steps, end] = [over - 1, start + slope * (over - 1)]
  const pValue = trendPValue(stretch, slope)
  const noise = noiseOf([stretch.map((value, i) => value - slope * i)]) ?? 0
  const share = start > 0 && end > 0
  const scale = share ? steps / start : steps
  return {
    ...{ first: values.length - over, start, end, pValue },
    size: { of: share ? 'share' : 'unit', value: slope * scale, interval: [interval[0] * scale, interval[1] * scale] },
    clear: pValue <= level && Math.abs(slope * steps) > noise,
  }
}
