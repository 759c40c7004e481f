import { decodeHistogram } from '../../reports/histogram.ts'
import { indicators } from '../../reports/indicators.ts'
import { type Kernel, type KernelReading, kernelValue } from '../../reports/kernel.ts'
import type { LoadResult, Unit } from '../../reports/load-result.ts'
import { addedUp, type ProbeSeries } from './arm-readings.ts'
import { type Counted, countedAt, type Served, timeSplit } from './time-split.ts'

/** What the kernel saw of an arm, and what its agents did meanwhile. */
export interface ArmKernel {
  /** Of the measured part, a reading for each probe. */
  measured: readonly KernelReading[]
  /** From before the load's beginning to after its end. */
  whole: readonly KernelReading[]
  /** Of units, by their numbers: those that were read by themselves. */
  byUnit?: ReadonlyMap<number, readonly KernelReading[]> | undefined
  load: LoadResult
  /** Requests that were sent in all, warm-up included; null where they cannot be told apart at sockets. */
  sent: number | null
}

/** Of the units so large a share are the slowest. */
const slowestShare = 0.02
/** Probes are read one after the other, up to 0.1 s late: of a single unit they do not see the same requests. */
const fewestSlowest = 3

/** What a trial keeps of it. */
export function kernelOf({ measured, whole, byUnit, load, sent }: ArmKernel): Kernel {
  const atSockets = whole.find(({ probe, series }) => probe === 'requests' && series !== null)
  const kernel = atSockets ? countedAt('client', 'client', atSockets) : 0
  return {
    readings: [...measured],
    ...(byUnit ? { units: unitValues(byUnit, load.units ?? []) } : {}),
    ...(atSockets && sent !== null ? { requests: { kernel, agent: sent } } : {}),
    ...splits({ measured, byUnit, load }, { kernel, agent: sent ?? load.requests + load.warmUpRequests }),
  }
}

// A running experiment looks at all of its units after each: what the kernel saw of one does not change.
const known = new WeakMap<readonly KernelReading[], Record<string, number>>()

/** The indicators of each unit that can be told. */
export function unitValues(
  byUnit: ReadonlyMap<number, readonly KernelReading[]>,
  units: readonly Unit[],
): NonNullable<Kernel['units']> {
  return units.flatMap(({ index, requests }) => {
    const readings = byUnit.get(index)
    if (!readings) return []
    const values = known.get(readings) ?? valuesOf(readings, requests)
    known.set(readings, values)
    return [{ index, values }]
  })
}

function valuesOf(readings: readonly KernelReading[], requests: number): Record<string, number> {
  const values = indicators.flatMap(({ name, ofKernel }) => {
    const series = readings.find(({ probe }) => probe === ofKernel?.probe)?.series
    const value = ofKernel && series ? kernelValue(ofKernel, series, requests) : null
    return value === null ? [] : [[name, value] as const]
  })
  return Object.fromEntries(values)
}

function splits(
  { measured, byUnit, load }: Omit<ArmKernel, 'whole' | 'sent'>,
  counted: Counted,
): Pick<Kernel, 'split'> {
  const { units, serviceTime } = load
  if (!units || !byUnit) {
    // Of a trial, the kernel saw the warm-up too.
    const all = timeSplit({ units: [], serviceTimeUs: serviceTime.meanUs }, measured, counted)
    return all ? { split: { all } } : {}
  }
  const all = timeSplit(servedIn(units), measured, counted)
  if (!all) return {}
  const read = units.filter(({ index, latency }) => byUnit.has(index) && latency !== '')
  const slow = read
    .toSorted((a, b) => p99Of(b) - p99Of(a))
    .slice(0, Math.max(fewestSlowest, Math.ceil(slowestShare * read.length)))
    .toSorted((a, b) => a.index - b.index)
  // What cannot be told of all cannot be told of some.
  const told = all.parts !== null && slow.length > 0
  const slowest = told ? timeSplit(servedIn(slow), readingsOf(slow, byUnit), counted) : null
  return { split: { all, ...(slowest && { slowest }) } }
}

function readingsOf(units: readonly Unit[], byUnit: NonNullable<ArmKernel['byUnit']>): ProbeSeries[] {
  const all = units.flatMap(({ index }) => byUnit.get(index) ?? [])
  return [...Map.groupBy(all, ({ probe }) => probe).values()].map(addedUp)
}

const p99Of = ({ latency }: Unit) => decodeHistogram(latency).getValueAtPercentile(99)

function servedIn(units: readonly Unit[]): Served {
  let [answered, ns] = [0, 0]
  for (const { serviceTime } of units) {
    if (serviceTime === '') continue
    const { totalCount, mean } = decodeHistogram(serviceTime)
    answered += totalCount
    ns += totalCount * mean
  }
  const serviceTimeUs = answered === 0 ? null : ns / answered / 1000
  return { units: units.map(({ index }) => index), serviceTimeUs }
}
