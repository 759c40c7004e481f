import type { JsHistogram } from 'hdr-histogram-js'
import { ReportError } from './errors.ts'
import { decodeHistogram } from './histogram.ts'
import type { Unit } from './load-result.ts'
import { written } from './numbers.ts'
import type { Percentile } from './percentiles.ts'
import type { Arm, Experiment } from './record.ts'

type Of<T extends keyof Experiment> = Pick<Experiment, T>

/** Whether statistics count the units of it; else they count trials. */
export const isOfUnits = ({ design }: Of<'design'>) => design !== undefined && design !== 'trials'

/** The units of an arm's valid trials, through all of its deployments. */
export const unitsOf = ({ trials }: Pick<Arm, 'trials'>): Unit[] =>
  trials.filter(({ validity }) => validity.valid).flatMap(({ load }) => load.units ?? [])

/** Units of one length: "44 units", "1 unit of 2 s"; a second goes without saying. */
export function unitWords(count: number, lengthMs: number): string {
  const words = `${count.toLocaleString('en-US')} unit${count === 1 ? '' : 's'}`
  return lengthMs === 1000 ? words : `${words} of ${written(Number((lengthMs / 1000).toPrecision(3)))} s`
}

/** So many replies of a block of units lie beyond its percentile: it takes 500 at p99, 5,000 at p99.9, 10 at p50. */
const beyond = 5

/** The fewest replies of an arm in a block for this indicator. */
export const repliesFor = ({ percent }: { percent?: number }) =>
  // 1 − 99 / 100 is a little above 0.01: less than a billionth of a request is none.
  percent === undefined ? 1 : Math.ceil((beyond / (1 - percent / 100)) * (1 - 1e-9))

// A page asks for the same figures several times, and each takes the decoding of a histogram.
const known = new WeakMap<Unit, Map<string, number | null>>()

/**
 * A percentile of units taken together, in microseconds; null where nothing in them was answered. Throws ReportError RECORD_INVALID
 * when a payload cannot be read.
 */
export function unitsPercentileUs(units: readonly Unit[], { distribution, percent }: Asked): number | null {
  const last = units.at(-1)
  if (!last) return null
  const figures = known.get(last) ?? new Map<string, number | null>()
  known.set(last, figures)
  const key = `${distribution} ${percent} ${units.length}`
  const found = figures.get(key)
  if (found !== undefined) return found
  const [first, ...more] = units.flatMap((unit) => histogramOf(unit, distribution))
  for (const histogram of more) first?.add(histogram)
  const value = first && first.totalCount > 0 ? first.getValueAtPercentile(percent) / 1000 : null
  figures.set(key, value)
  return value
}

type Asked = Pick<Percentile, 'distribution' | 'percent'>

function histogramOf(unit: Unit, name: Asked['distribution']): JsHistogram[] {
  const payload = name === 'latency' ? unit.latency : name === 'firstMessage' ? unit.firstMessage : ''
  if (!payload) return []
  try {
    return [decodeHistogram(payload)]
  } catch (cause) {
    throw new ReportError('RECORD_INVALID', `a histogram of unit ${unit.index} cannot be read`, { cause })
  }
}

/**
 * For how long an experiment measured: arms of units are loaded at once, trials one after the other.
 */
export function measuredMs(experiment: Of<'design' | 'arms'>): number {
  const each = experiment.arms.map(({ trials }) => trials.reduce((sum, { load }) => sum + load.durationMs, 0))
  return isOfUnits(experiment) ? Math.max(0, ...each) : each.reduce((sum, ms) => sum + ms, 0)
}
