import { indicatorOf } from '../../reports/indicators.ts'
import type { Unit } from '../../reports/load-result.ts'
import type { Arm } from '../../reports/record.ts'
import { type Point, pointsOf } from '../verdict/points.ts'
import { percentileOfSample, type Sample, sampleOf } from '../verdict/samples.ts'
import type { PlantedIndicator } from './plants.ts'

/** What a unit, or several together, took, in ms. */
export interface Percentiles {
  p50Ms: number
  p99Ms: number
}

export const unitsOf = ({ trials }: Arm): Unit[] => trials.flatMap(({ load }) => load.units ?? [])

/** Unit by unit; those without a reply are left out. */
export const percentilesOf = (arm: Arm): Percentiles[] =>
  unitsOf(arm).flatMap((unit) => percentilesOfSample(sampleOf(unit, 'latency')) ?? [])

/** Null of nothing. */
export function percentilesOfSample(sample: Sample): Percentiles | null {
  const [p50Us, p99Us] = [percentileOfSample(sample, 50), percentileOfSample(sample, 99)]
  return p50Us === null || p99Us === null ? null : { p50Ms: p50Us / 1000, p99Ms: p99Us / 1000 }
}

/** What an arm adds to another in ms, unit by unit, as a verdict takes it. */
export function differencesOf(arm: Arm, over: Arm, name: PlantedIndicator, unitMs: number): Point[] {
  const indicator = indicatorOf(name)
  if (!indicator) throw new RangeError(name)
  const check = { kind: 'budget', indicator, limit: { max: 0 }, arm, over } as const
  return pointsOf(check, { unitMs, from: 'latency', running: true }).points
}
