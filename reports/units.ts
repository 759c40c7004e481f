import { ReportError } from './errors.ts'
import { decodeHistogram } from './histogram.ts'
import type { Unit } from './load-result.ts'
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
  return lengthMs === 1000 ? words : `${words} of ${lengthMs / 1000} s`
}

/**
 * A percentile of one unit in microseconds; null where nothing in it was answered. Throws ReportError RECORD_INVALID when the payload
 * cannot be read.
 */
export function unitPercentileUs(unit: Unit, { distribution, percent }: Pick<Percentile, 'distribution' | 'percent'>) {
  const payload = distribution === 'latency' ? unit.latency : distribution === 'firstMessage' ? unit.firstMessage : ''
  if (!payload) return null
  try {
    const histogram = decodeHistogram(payload)
    return histogram.totalCount === 0 ? null : histogram.getValueAtPercentile(percent) / 1000
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
