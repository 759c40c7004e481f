import { armLooks } from '../charts/palette.ts'
import { percentileOfBuckets, stations } from '../kernel.ts'
import { type ArmReading, readingsByProbe, type StationSeries } from '../kernel-readings.ts'
import { decimal, orUnknown, unknown, whole } from '../numbers.ts'
import type { Experiment } from '../record.ts'
import { figuresTable } from './figures-table.ts'
import type { Markup } from './markup.ts'

interface Shown {
  heading: string
  note: string
  has(series: StationSeries): boolean
  columns: readonly string[]
  cells(series: StationSeries, reading: ArmReading): readonly string[]
}

const percentileUs = ({ buckets }: StationSeries, percent: number) =>
  orUnknown(percentileOfBuckets(buckets, percent), decimal)

const values: Shown = {
  heading: 'How long, by probe and station',
  note: 'A histogram’s buckets are a factor of √2 wide, and a percentile is off by as much at most. Percentiles of parts do not add up to that of the whole.',
  has: ({ buckets }) => buckets.length > 0,
  columns: ['events', 'p50, µs', 'p99, µs'],
  cells: (series) => [whole(series.count), percentileUs(series, 50), percentileUs(series, 99)],
}

const counts: Shown = {
  heading: 'How often, by probe and station',
  note: 'These events have no length.',
  has: ({ buckets }) => buckets.length === 0,
  columns: ['events', 'per 1,000 requests'],
  cells: ({ count }, { requests }) => [whole(count), requests === 0 ? unknown : decimal((1000 * count) / requests)],
}

/** What the probes measured, and what they only counted, of each station and kind. */
export const kernelTables = (experiment: Experiment): (Markup | null)[] =>
  [values, counts].map((shown) => table(experiment, shown))

function table(experiment: Experiment, { heading, note, has, columns, cells }: Shown): Markup | null {
  const looks = armLooks(experiment.arms)
  const byProbe = [...readingsByProbe(experiment)]
  const arms = experiment.arms.filter(({ name }) =>
    byProbe.some(([, readings]) => readings.some(({ arm, series }) => arm === name && series.some(has))),
  )
  const groups = byProbe.map(([probe, readings]) => ({
    title: probe,
    rows: rowsOf(readings, has).map(({ at, kind }) => ({
      // A probe of one kind has its own name for it.
      name: kind === probe ? at : `${at}: ${kind}`,
      cells: arms.flatMap(({ name }) => {
        const reading = readings.find(({ arm }) => arm === name)
        const series = reading?.series.find((one) => one.at === at && one.kind === kind && has(one))
        return reading && series ? cells(series, reading) : columns.map(() => unknown)
      }),
    })),
  }))
  return figuresTable({
    ...{ heading, note, groups },
    name: 'Station and kind',
    arms: arms.map(({ name }) => ({ head: name, colour: looks.get(name)?.colour, columns })),
  })
}

/** Every station and kind that some arm has, in the order of the way. */
function rowsOf(readings: readonly ArmReading[], has: Shown['has']): Pick<StationSeries, 'at' | 'kind'>[] {
  const all = readings.flatMap(({ series }) => series.filter(has))
  const once = all.filter(({ at, kind }, i) => all.findIndex((one) => one.at === at && one.kind === kind) === i)
  return once.toSorted((a, b) => stations.indexOf(a.at) - stations.indexOf(b.at))
}
