import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { median } from '../../reports/numbers.ts'
import { type Arm, type Experiment, recordedExperimentSchema } from '../../reports/record.ts'
import { percentilesOf, unitsOf } from './differences.ts'
import { type Base, plantNames } from './plants.ts'
import { neighbours } from './runs.ts'

/** The arms of every session: the one that others are compared with, its equal, and one that is slowed down. */
export const armNames = { control: 'control', same: 'same', planted: 'planted' } as const

const sessionSchema = z.strictObject({
  startedAt: z.iso.datetime(),
  design: z.enum(['paired', 'slices']),
  neighbour: z.enum(neighbours),
  /** Null before it is known what the echo takes without one. */
  plant: z.enum(plantNames).nullable(),
  /** Null where it failed. */
  experiment: recordedExperimentSchema.nullable(),
  failure: z.string().nullable(),
})

/** What was measured at one go, or that it failed. */
export type Session = z.infer<typeof sessionSchema>
export type MeasuredSession = Session & { experiment: Experiment }

const file = 'sessions.jsonl'

/** Appends a session to those of a folder, which is made where it is missing. */
export function addSession(folder: string, session: Session): void {
  mkdirSync(folder, { recursive: true })
  appendFileSync(join(folder, file), `${JSON.stringify(session)}\n`)
}

/** The sessions of a folder, in order. A last line that was cut off when the program was ended is left out; any other is an error. */
export function readSessions(folder: string): Session[] {
  const path = join(folder, file)
  if (!existsSync(path)) return []
  // What follows the last end of a line is a session that was being written.
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => sessionSchema.parse(JSON.parse(line)))
}

export const isMeasured = (session: Session): session is MeasuredSession => session.experiment !== null

export const armOf = ({ experiment }: MeasuredSession, name: keyof typeof armNames): Arm | null =>
  experiment.arms.find((arm) => arm.name === armNames[name]) ?? null

/** What the echo takes by itself: as the first session without a neighbour found. Null before there is one. */
export function baseOf(sessions: readonly Session[]): Base | null {
  const first = sessions.filter(isMeasured).find(({ design, neighbour }) => design === 'paired' && neighbour === 'none')
  const control = first && armOf(first, 'control')
  if (!control) return null
  const figures = percentilesOf(control)
  const middle = (of: 'p50Ms' | 'p99Ms') => median(figures.map((one) => one[of]))
  const [p50Ms, p99Ms] = [middle('p50Ms'), middle('p99Ms')]
  return p50Ms === null || p99Ms === null ? null : { p50Us: p50Ms * 1000, p99Us: p99Ms * 1000 }
}

/** Seconds that were measured. */
export function measuredSeconds(session: MeasuredSession): number {
  const control = armOf(session, 'control')
  return control ? (unitsOf(control).length * (session.experiment.unitMs ?? 1000)) / 1000 : 0
}
