import { type SplitPart, type Station, stations, type TimeSplit } from './kernel.ts'
import type { Arm, Trial } from './record.ts'
import { validTrials } from './summary.ts'

/** Whose requests: those of all units, or of the slowest. */
export type Whose = 'all' | 'slowest'

/** Where the time of an arm's mean request went, its deployments together. */
export interface ArmSplit {
  /** How many stand behind it; trials, where these have none. */
  units: number
  serviceTimeUs: number
  /** In the order of the way. */
  parts: SplitPart[]
  /** Negative where the parts are more than the service time. */
  unattributedUs: number
}

/** The means of the arm's valid trials, each by its requests in these units. Null where no trial was split; where none could be, why. */
export function armSplit(arm: Arm, whose: Whose): ArmSplit | { reason: string } | null {
  const splits = validTrials(arm).flatMap((trial) => {
    const split = trial.kernel?.split?.[whose]
    return split ? [{ split, requests: requestsIn(trial, split) }] : []
  })
  if (splits.length === 0) return null
  const known = splits.flatMap(({ split: { parts, serviceTimeUs, units }, requests }) =>
    parts === null || serviceTimeUs === null || requests === 0 ? [] : [{ parts, serviceTimeUs, units, requests }],
  )
  if (known.length === 0) return { reason: splits[0]?.split.reason ?? 'no request was measured' }
  const all = sum(known.map(({ requests }) => requests))
  const serviceTimeUs = sum(known.map((one) => one.serviceTimeUs * one.requests)) / all
  const parts = known.flatMap(({ parts, requests }) => parts.map((part) => weighted(part, requests / all)))
  const alike = [...Map.groupBy(parts, ({ kind, at, to }) => [kind, at, to].join())].map(([, same]) => added(same))
  return {
    units: sum(known.map(({ units }) => units.length || 1)),
    ...{ serviceTimeUs, parts: alike },
    unattributedUs: serviceTimeUs - sum(alike.map(({ us }) => us)),
  }
}

function requestsIn({ load }: Trial, { units }: TimeSplit): number {
  if (!load.units) return load.requests
  return sum(load.units.filter(({ index }) => units.includes(index)).map(({ requests }) => requests))
}

function weighted({ us, forCpuUs, ...part }: SplitPart, share: number): SplitPart {
  return { ...part, us: us * share, ...(forCpuUs === undefined ? {} : { forCpuUs: forCpuUs * share }) }
}

function added(parts: readonly SplitPart[]): SplitPart {
  const [first] = parts as [SplitPart, ...SplitPart[]]
  const forCpu = first.forCpuUs === undefined ? {} : { forCpuUs: sum(parts.map(({ forCpuUs = 0 }) => forCpuUs)) }
  return { ...first, us: sum(parts.map(({ us }) => us)), ...forCpu }
}

/** Where time can go, in the order in which reports tell it. */
export const places = [...stations, 'network', 'unattributed'] as const
export type Place = (typeof places)[number]

/** So much of a mean request was spent at a place, queueing before it included. */
export interface PlaceTime {
  us: number
  /** So much of that waiting for a CPU. */
  forCpuUs: number
}

export function timeByPlace({ parts, unattributedUs }: ArmSplit): Map<Place, PlaceTime> {
  const times = new Map<Place, PlaceTime>()
  for (const { kind, at, us, forCpuUs = 0 } of parts) {
    const place: Station | 'network' = kind === 'network' ? 'network' : at
    const before = times.get(place)
    times.set(place, { us: us + (before?.us ?? 0), forCpuUs: forCpuUs + (before?.forCpuUs ?? 0) })
  }
  return times.set('unattributed', { us: unattributedUs, forCpuUs: 0 })
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
