import type { Absent, Attribution, Bucket, Measured, Reading, Series } from '../../ebpf/probe.ts'
import { between, pooled } from '../../ebpf/reading.ts'
import type { KernelReading, KernelSeries } from '../../reports/kernel.ts'
import { percent } from '../../reports/numbers.ts'
import { mostLost } from './attach.ts'
import { type ArmPods, type Place, placeIn } from './station.ts'

/** What is attributed to pods, and what is known to be none of theirs. */
export interface KnownSources extends Attribution {
  isElsewhere(source: Series['source']): boolean
}

/** What one probe saw of each arm between two of its readings, in the arms' order. */
export function armReadings(
  earlier: Reading,
  later: Reading,
  arms: readonly ArmPods[],
  attribution: KnownSources,
): KernelReading[] {
  const absent = [earlier, later].find((one) => one.series === null) as Absent | undefined
  if (absent) return arms.map(() => absentReading(absent.probe, absent.reason))
  const delta = between(earlier as Measured, later as Measured)
  const owned = arms.map(() => new Map<string, Place & { kind: string; parts: Series[] }>())
  let [ofArms, nobodys] = [0, 0]
  const networks = networksOf(later as Measured)
  for (const series of delta.series) {
    const { kind, count } = series
    if (series.source.pid === undefined && series.source.netns === undefined) continue
    const source = withNetwork(series.source, networks)
    const places = arms.map((arm) => placeIn(arm, attribution, source))
    const mine = places.findIndex((place) => place !== null)
    const place = places[mine]
    if (!place) {
      if (attribution.ownerOf(source) === null && !attribution.isElsewhere(source)) nobodys += count
      continue
    }
    ofArms += count
    const { namespace, pod, container } = place.owner
    const key = JSON.stringify([namespace, pod, container, place.at, kind])
    const entry = owned[mine]?.get(key) ?? { ...place, kind, parts: [] }
    entry.parts.push(series)
    owned[mine]?.set(key, entry)
  }
  const shared = {
    ...{ probe: delta.probe, unit: delta.unit, missedEvents: delta.missedEvents, lostEvents: delta.lostEvents },
    failedUpdates: delta.failedUpdates,
    unattributedShare: ofArms + nobodys === 0 ? null : nobodys / (ofArms + nobodys),
  }
  // A program may be run several times for one event that it counts.
  const seen = delta.cost?.runs ?? delta.series.reduce((sum, { count }) => sum + count, 0)
  return owned.map((of) => {
    const series = [...of.values()].map((one) => seriesOf(isOfRequests(delta.probe) ? onTheWay(one) : one))
    return { ...shared, series, reason: distrust(shared, seen) }
  })
}

/** The network namespaces of processes, where an event told. */
function networksOf({ series }: Measured): Map<number, number> {
  return new Map(
    series.flatMap(({ source: { pid, netns } }) => (pid === undefined || netns === undefined ? [] : [[pid, netns]])),
  )
}

/** A process that is dying has left its network namespace. */
function withNetwork({ pid, netns }: Series['source'], networks: ReadonlyMap<number, number>): Series['source'] {
  const known = netns ?? networks.get(pid ?? 0)
  return { ...(pid !== undefined && { pid }), ...(known !== undefined && { netns: known }) }
}

export function absentReading(probe: string, reason: string): KernelReading {
  return {
    ...{ probe, unit: 'events', series: null, reason },
    ...{ unattributedShare: null, missedEvents: null, lostEvents: 0, failedUpdates: 0 },
  }
}

const isOfRequests = (probe: string) => probe === 'requests' || probe === 'arrival'

/**
 * A proxy's container has other processes too, with streams to the control plane on which they wait for seconds: of requests, only the
 * process with the most is on the way.
 */
function onTheWay(one: Place & { kind: string; parts: Series[] }) {
  if (!one.at.endsWith('proxy')) return one
  const countOf = (parts: readonly Series[]) => parts.reduce((sum, { count }) => sum + count, 0)
  const byProcess = [...Map.groupBy(one.parts, ({ source }) => source.pid).values()]
  return { ...one, parts: byProcess.toSorted((a, b) => countOf(b) - countOf(a))[0] ?? [] }
}

function seriesOf({ owner, at, kind, parts }: Place & { kind: string; parts: Series[] }): KernelSeries {
  const { count, sum, buckets } = pooled(parts)
  return { pod: owner.pod, container: owner.container, at, kind, count, sum, buckets: buckets.map(tupleOf) }
}

const tupleOf = ({ min, max, count }: Bucket): [number, number, number] => [min, max, count]

/** Why a reading cannot be trusted; null where it can. */
function distrust(
  {
    unattributedShare,
    missedEvents,
    lostEvents,
    failedUpdates,
  }: Pick<KernelReading, 'unattributedShare' | 'missedEvents' | 'lostEvents' | 'failedUpdates'>,
  seen: number,
): string | null {
  const gone = (missedEvents ?? 0) + lostEvents
  if (failedUpdates > 0) return 'a map of the probe was full: it counted too little'
  if (gone > mostLost * (seen + gone))
    return `the kernel missed ${percent(gone / (seen + gone))} of the events, above ${percent(mostLost)}`
  if ((unattributedShare ?? 0) > mostLost)
    return `${percent(unattributedShare as number)} of the events are of pods that nobody knows, above ${percent(mostLost)}`
  return null
}

/** The series of a reading, or why there are none. */
export type ProbeSeries = Pick<KernelReading, 'probe' | 'series' | 'reason'>

/** What several readings of one probe and arm saw together: at least one. */
export function addedUp(readings: readonly ProbeSeries[]): ProbeSeries {
  const absent = readings.find(({ series }) => series === null)
  if (absent) return absent
  const all = readings.flatMap(({ series }) => series ?? [])
  const bySource = Map.groupBy(all, ({ pod, container, at, kind }) => JSON.stringify([pod, container, at, kind]))
  const series = [...bySource.values()].map((of) => addedSeries(of as [KernelSeries]))
  return { probe: readings[0]?.probe ?? '', series, reason: null }
}

function addedSeries(of: [KernelSeries, ...KernelSeries[]]): KernelSeries {
  const parts = of.map(({ buckets, ...one }) => ({
    ...one,
    buckets: buckets.map(([min, max, count]) => ({ min, max, count })),
  }))
  const { count, sum, buckets } = pooled(parts)
  return { ...of[0], count, sum, buckets: buckets.map(tupleOf) }
}
