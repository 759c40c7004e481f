import { generator, normal } from '../../reports/testing/trial.ts'
import { armOfUnits, pairedExperiment, unitsOf } from '../../reports/testing/units.ts'
import { type PlantName, plants } from './plants.ts'
import { armNames, type MeasuredSession } from './sessions.ts'

// Test data: nothing in it was measured.

interface Recorded {
  seed?: number
  units?: number
  requests?: number
  /** How much a unit differs from the next, in all arms alike: standard deviation of the logarithm. */
  noise?: number
  plant?: PlantName | null
}

/** What an echo without noise takes about. */
export const base = { p50Us: 200, p99Us: 450 }

/** A session whose arms have log-normal times around 0.2 ms; the third is slowed as the plant says. */
export function recordedSession(
  { seed = 1, units = 120, requests = 120, noise = 0.5, plant = 'busy25' }: Recorded = {},
  change: Partial<MeasuredSession> = {},
): MeasuredSession {
  const random = generator(seed)
  const slow = Array.from({ length: units }, () => Math.exp(noise * normal(random)))
  const draw = (more: (ms: number) => number) =>
    unitsOf(slow.map((s) => Array.from({ length: requests }, () => more(0.2 * s * Math.exp(0.35 * normal(random))))))
  const as = (name: string, more = (ms: number) => ms) =>
    armOfUnits(name, [draw(more)], { mesh: 'baseline', control: name === armNames.control })
  const planted = plant ? [as(armNames.planted, (ms) => plants[plant].slowed(ms, base))] : []
  const experiment = {
    ...pairedExperiment({ units: 1, requests: 1 }),
    arms: [as(armNames.control), as(armNames.same), ...planted],
  }
  const startedAt = '2026-01-01T00:00:00.000Z'
  return { startedAt, design: 'paired', neighbour: 'none', plant, experiment, failure: null, ...change }
}
