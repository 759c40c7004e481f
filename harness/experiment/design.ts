import type { Design } from '../../reports/record.ts'
import type { LoadPlan } from '../load/plan.ts'
import type { ProtocolName } from '../load/schemes.ts'
import type { Profile } from './profiles.ts'

/** With fewer no interval at 95 % is possible: the exact one of two arms takes 5, that of one arm 6. */
export const fewestTrials = 6
/** Before that no interval of units exists, even for a single limit. */
export const fewestUnits = 14
/** A rate is looked for from where the trial before found it: bracketed, narrowed and confirmed in about so many loads. */
const loadsASearch = 6

/** A rate that fits itself to the slowest arm: a share of what that holds, and never more than `atMost` requests a second. */
export interface FittedRate {
  atMost: number
  utilisation: number
}

/** What of an experiment decides how its arms can share the time. Durations in milliseconds. */
export interface Sharing {
  design?: Design | undefined
  maxDuration?: number | undefined
  trials?: number | undefined
  arms: number
  search?: object | undefined
  /** An arm has probes of its own, which watch the whole machine. */
  ownProbes?: boolean
  load: {
    protocol: ProtocolName
    rate?: LoadPlan['rate'] | FittedRate
    duration?: number | undefined
    warmUp?: number | undefined
    tool?: string | undefined
    maxRequests?: number | undefined
    stopWhen?: object | undefined
  }
}

/** What a run says of all of its experiments; `maxDurationMs` limits those that say something themselves. */
export interface RunSharing {
  design?: Design | undefined
  maxDurationMs?: number | undefined
}

/** How the arms of an experiment share the time, and for how long. */
export interface Shared {
  /** Undefined: paired or slices, whichever the machine has room for. */
  design: Design | undefined
  maxDurationMs: number
  trials: number
  /** Of a load: of a trial's, else all of the measured time. */
  durationMs: number
  warmUpMs: number
}

/** Why the loads of an experiment can only follow each other; null where they need not. */
export function onlyTrials({ load, search, ownProbes }: Pick<Sharing, 'load' | 'search' | 'ownProbes'>): string | null {
  const { protocol, rate, tool, maxRequests, stopWhen } = load
  if (search) return 'a search for a rate'
  if (ownProbes) return 'arms that differ in their probes'
  if (protocol === 'tcp' || protocol === 'udp') return 'streams'
  if (tool !== undefined) return `a load that ${tool} makes`
  if (maxRequests !== undefined || stopWhen !== undefined) return 'a load that can end by itself'
  // Its arms would be asked for the same in the same unit; but it has an end of its own, and units end when all is clear.
  if (typeof rate === 'object' && ('from' in rate || 'steps' in rate || 'replay' in rate))
    return 'a rate that changes up to the end'
  return null
}

/** What is wrong about a design for an experiment; null when it can have it. */
export function designProblem(
  design: Design,
  sharing: Pick<Sharing, 'load' | 'search' | 'arms' | 'ownProbes'>,
): string | null {
  const only = onlyTrials(sharing)
  if (design === 'trials') return null
  if (only !== null) return `trials, for ${only}`
  if (sharing.arms === 1) return 'none, or trials: one arm has the time to itself'
  if (design === 'paired' && sharing.load.rate === undefined)
    return 'slices or trials: a closed loop has no arrivals to deal out'
  return null
}

/** What is measured of an experiment whose design is no problem. What a run asks for wins, but never for what can only have trials. */
export function shareTime(sharing: Sharing, { units, ...profile }: Profile, run: RunSharing = {}): Shared {
  const { load, search, arms } = sharing
  const only = onlyTrials(sharing) !== null
  const asked = run.design ?? sharing.design
  const ofUnits = load.rate === undefined ? 'slices' : undefined
  const design = only || asked === 'trials' ? 'trials' : arms === 1 ? ofUnits : (asked ?? ofUnits)
  // What is written was meant for the experiment as written: a trial's time is not that of all units.
  const ownTrials = only || sharing.design === 'trials'
  const written = sharing.maxDuration ?? (ownTrials ? undefined : load.duration)
  const limitMs = Math.min(written ?? Number.POSITIVE_INFINITY, run.maxDurationMs ?? Number.POSITIVE_INFINITY)
  const maxDurationMs = Number.isFinite(limitMs) ? limitMs : units.maxDurationMs
  if (design !== 'trials') {
    const warmUpMs = load.warmUp ?? units.warmUpMs
    return { design, maxDurationMs, trials: profile.trials, durationMs: maxDurationMs, warmUpMs }
  }
  const durationMs = (ownTrials ? load.duration : undefined) ?? profile.durationMs
  const warmUpMs = load.warmUp ?? profile.warmUpMs
  const roundMs = (durationMs + warmUpMs) * (search ? loadsASearch : 1) * arms
  return {
    ...{ design, maxDurationMs, durationMs, warmUpMs },
    trials: trialsWithin(limitMs, sharing.trials ?? profile.trials, roundMs),
  }
}

/** So many of `planned` trials as fit into the time, but never too few for a verdict. `roundMs` is what one of every arm takes. */
export const trialsWithin = (limitMs: number, planned: number, roundMs: number): number =>
  Math.min(planned, Math.max(fewestTrials, Math.floor(limitMs / roundMs)))

/** What is wrong about how an experiment wants to share the time: field, what was received, and what is allowed. */
export function sharingIssues(sharing: Sharing, profile: Profile, run: RunSharing): [string, unknown, string][] {
  const { design, trials, maxDuration, arms } = sharing
  const { duration } = sharing.load
  const issues: [string, unknown, string][] = []
  const only = onlyTrials(sharing) !== null
  // A run's design is for those experiments that can have one.
  const problem =
    (design && designProblem(design, sharing)) ||
    (run.design && !only && arms > 1 && designProblem(run.design, sharing))
  if (problem) issues.push(['design', run.design ?? design, problem])
  const ownTrials = only || design === 'trials'
  if (trials !== undefined && !ownTrials && run.design !== 'trials')
    issues.push(['trials', trials, "none, without design: 'trials'; maxDuration says how long is measured"])
  if (!ownTrials && maxDuration !== undefined && duration !== undefined && maxDuration !== duration)
    issues.push(['maxDuration', `${maxDuration}ms`, `as load.duration, ${duration}ms, or without it`])
  const shared = shareTime(sharing, profile, run)
  const shortestMs = fewestUnits * profile.units.unitMs
  if (shared.design !== 'trials' && shared.maxDurationMs < shortestMs)
    issues.push([
      maxDuration === undefined ? 'load.duration' : 'maxDuration',
      `${shared.maxDurationMs}ms`,
      `at least ${shortestMs}ms: a verdict takes ${fewestUnits} units of ${profile.units.unitMs}ms; or design: 'trials'`,
    ])
  return issues
}
