import type { Verdict } from '../../reports/record.ts'
import { compare, type Estimate } from '../verdict/limit.ts'
import { difference, ratio, shift, shiftInterval } from '../verdict/statistics/rank-sum.ts'

/** All of a gate's limits together are broken falsely in at most so many gates. */
export const falseFails = 0.01
/** A limit that is broken is kept falsely in at most so many. */
const falsePasses = 0.025

/** Figures of runs, and the limit on what the candidate's are beside the control's. `limits`: how many the gate has in all. */
export interface Sides {
  control: readonly number[]
  candidate: readonly number[]
  /** The limit is on their ratio, else on their difference. */
  relative: boolean
  limit: Verdict['limit']
  limits: number
}

export interface Decision extends Estimate {
  /** 1 less the errors of both ends. */
  confidence: number
  /** Of the same runs: the earlier half of the control's dealt against each other, the end of the interval that lies farther from no change. Null of too few. */
  noiseFloor: number | null
}

/**
 * Sets runs beside runs: the Hodges–Lehmann estimate with the exact Mann–Whitney interval. A run is one value, whatever was measured in it: that is what
 * differs from one to the next. The end beyond which a limit is broken has an error of 1 % shared by all limits (Bonferroni); only an interval that lies wholly on one
 * side decides. Without an interval nothing is decided.
 */
export function decide(sides: Sides): Decision {
  const { control, candidate, relative, limit } = sides
  const errors = errorsOf(sides)
  const confidence = Number((1 - errors.lowError - errors.highError).toFixed(4))
  const contrast = relative ? ratio : difference
  const open = { measured: null, interval: null, outcome: 'inconclusive', confidence, noiseFloor: null } as const
  if (control.length === 0 || candidate.length === 0) return open
  if (relative && [...control, ...candidate].some((value) => value <= 0)) return open
  const measured = shift(candidate, control, contrast)
  const interval = shiftInterval(candidate, control, { contrast, ...errors })
  if (!interval) return { ...open, measured }
  const itself = shiftInterval(every(control, 0), every(control, 1), { contrast, ...errors })
  const none = relative ? 1 : 0
  const noiseFloor = itself && Math.max(Math.abs(itself.low - none), Math.abs(itself.high - none))
  return { measured, interval, outcome: compare(limit, interval), confidence, noiseFloor }
}

/** Every other one: what drifts is in both halves alike. */
const every = (values: readonly number[], from: 0 | 1) => values.filter((_, i) => i % 2 === from)

/** A limit of both kinds has two sides on which it is broken. */
function errorsOf({ limit, limits }: Pick<Sides, 'limit' | 'limits'>): { lowError: number; highError: number } {
  const broken = falseFails / limits
  const [low, high] = [limit.max === undefined ? falsePasses : broken, limit.min === undefined ? falsePasses : broken]
  return { lowError: Math.min(low, falsePasses), highError: Math.min(high, falsePasses) }
}

/** With the most runs that anybody makes for a gate. */
const mostCandidates = 12
const mostControls = 2000

/**
 * How many runs would do for an interval, as [candidates, controls]: as many candidates as it takes beside the controls there are, and as many controls as it takes
 * beside the candidates there are. What nobody makes is left out.
 */
export function runsNeeded({
  limits,
  ...have
}: {
  control: number
  candidate: number
  limits: number
}): [number, number][] {
  const candidates = first(2, mostCandidates, (n) => isEnough(n, have.control, limits))
  const controls = first(2, mostControls, (n) => isEnough(Math.max(1, have.candidate), n, limits))
  return [
    ...(candidates === null || have.control < 2 ? [] : [[candidates, have.control] satisfies [number, number]]),
    ...(controls === null || controls <= have.control
      ? []
      : [[Math.max(1, have.candidate), controls] satisfies [number, number]]),
    ...(have.control < 2 && have.candidate !== smallestCandidates ? smallest(limits) : []),
  ]
}

/** Whether even the most one-sided order of so many is rare enough: of all orders it is one. */
export function isEnough(candidates: number, controls: number, limits: number): boolean {
  let orders = 1
  for (let i = 1; i <= candidates; i++) orders *= (controls + i) / i
  return orders * (1 + 1e-12) >= Math.max(limits / falseFails, 1 / falsePasses)
}

const smallestCandidates = 3

/** Where there is hardly anything: the fewest runs in all, with three candidates. */
function smallest(limits: number): [number, number][] {
  const controls = first(2, mostControls, (n) => isEnough(smallestCandidates, n, limits))
  return controls === null ? [] : [[smallestCandidates, controls]]
}

function first(from: number, to: number, fits: (n: number) => boolean): number | null {
  for (let n = from; n <= to; n++) if (fits(n)) return n
  return null
}
