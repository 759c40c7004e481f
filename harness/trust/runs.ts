import type { Answer } from './answers.ts'
import type { Hog } from './hog.ts'
import type { PlantName } from './plants.ts'

export type Neighbour = 'none' | Hog
export const neighbours = ['none', 'steady', 'bursts'] as const satisfies readonly Neighbour[]

/**
 * How arms shared the time and who judged: by units as they come, by trials as once, or by one run of each arm. Then gates, whose limits are
 * their own: both sides at once (`meshmark compare --ref`), runs beside earlier runs (`meshmark gate`), and all requests of these in one test.
 */
export const rules = ['paired', 'slices', 'trials', 'one run', 'gate', 'gate of records', 'pooled requests'] as const
export type Rule = (typeof rules)[number]

/**
 * `same`: two equal arms, nothing may be added at p50 or p99. `budget`: two equal arms, a tenth may be added at p50 and 1 ms at p99. A
 * plant: nothing may be added at the percentile that it moves.
 */
export type Question = 'same' | 'budget' | PlantName

/** One answer of one rule. */
export interface Run {
  rule: Rule
  /** Of requests that were sent for it, or of recorded ones whose labels were drawn anew. */
  from: 'live' | 'redrawn'
  neighbour: Neighbour
  question: Question
  answer: Answer | 'invalid'
  /** Measured, to the answer or to the end. */
  seconds: number
  /** Of a live one: what the arm adds is at least twice as far from the limit as the least that this run could tell. */
  plain?: boolean
}

/** What gates let be added at p50, as a share. */
export const gateShares = { gate: 1.03, records: 1.05 } as const

/** What may be added where two equal arms have a budget, in ms. */
export const budgetOf = (p50Us: number) => ({ p50Ms: p50Us / 10_000, p99Ms: 1 })

/** The longest run in units. */
export const longest = { live: { same: 30, other: 60 }, redrawn: 100 } as const
