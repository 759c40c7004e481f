import { type Bucket, type KernelReading, type KernelSeries, mergedBuckets, stations } from './kernel.ts'
import type { Arm, Experiment, Trial } from './record.ts'
import { validTrials } from './summary.ts'

/** What the programs of an arm at one station did of one kind, all pods and trials together. */
export interface StationSeries extends Pick<KernelSeries, 'at' | 'kind' | 'count'> {
  /** Ascending; none where events are only counted. */
  buckets: readonly Bucket[]
}

/** What a probe saw of an arm in its valid trials. */
export interface ArmReading {
  arm: string
  probe: string
  /** In the order of the way. */
  series: StationSeries[]
  /** Of the load, in the trials that were read. */
  requests: number
}

/** What every probe saw of every arm, by probe; a probe that read nothing is not in it. */
export function readingsByProbe({ arms }: Pick<Experiment, 'arms'>): Map<string, ArmReading[]> {
  const probes = [...new Set(arms.flatMap(({ trials }) => trials.flatMap(readingsOf)).map(({ probe }) => probe))]
  return new Map(
    probes.flatMap((probe): [string, ArmReading[]][] => {
      const readings = arms.flatMap((arm) => armReading(arm, probe))
      return readings.length > 0 ? [[probe, readings]] : []
    }),
  )
}

export const readingsOf = ({ kernel }: Trial): KernelReading[] => kernel?.readings ?? []

function armReading(arm: Arm, probe: string): ArmReading[] {
  const read = validTrials(arm).flatMap((trial) => {
    const series = readingsOf(trial).find((one) => one.probe === probe && one.reason === null)?.series
    return series ? [{ series, requests: trial.load.requests }] : []
  })
  if (read.length === 0) return []
  const requests = read.reduce((sum, one) => sum + one.requests, 0)
  return [{ arm: arm.name, probe, requests, series: pooled(read.flatMap(({ series }) => series)) }]
}

function pooled(all: readonly KernelSeries[]): StationSeries[] {
  const alike = Map.groupBy(all, ({ at, kind }) => `${stations.indexOf(at)} ${kind}`)
  return [...alike].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, series]) => together(series))
}

function together(series: readonly KernelSeries[]): StationSeries {
  const [{ at, kind }] = series as [KernelSeries, ...KernelSeries[]]
  const count = series.reduce((sum, one) => sum + one.count, 0)
  return { at, kind, count, buckets: mergedBuckets(series.flatMap(({ buckets }) => buckets)) }
}
