import type { Pod, Usage } from '../../clusters/provider.ts'
import type { LoadResult, Validity } from '../../reports/load-result.ts'
import { percent, span } from '../../reports/numbers.ts'
import { type Reason, type ReasonCode, reason } from '../../reports/reasons.ts'
import type { Arm, Evidence } from '../../reports/record.ts'
import { tooManyErrors } from '../load/result/validity.ts'

/** A pod that its CPU limit held up for a larger share of the time was not the one that was to be measured. */
const throttledShareLimit = 0.01

/** A rate that an arm does not hold is an answer about that arm: it is kept with the load. */
const answers: ReasonCode[] = ['rate_not_held', 'bit_rate_not_held']

/** Where units of all arms are compared, the difference of send lag tells whether the generator's work matters. */
const answersOfUnits: ReasonCode[] = [...answers, 'generator_busy']

/** So is what became of arrivals for which it had no time. */
const queued: ReasonCode[] = ['errors_above_limit']

/** Arrivals waited for a connection until they were given up; with those that were sent too late for their timeout, they are all that failed too often. */
function queuedTooLong({ errors, requests }: Pick<LoadResult, 'errors' | 'requests'>): boolean {
  const { unsent = 0, shed = 0, timeout = 0, ...others } = errors
  return unsent + shed > 0 && tooManyErrors({ requests, errors: others }).length === 0
}

/** A pod of an arm, and its use before and after a trial. */
export interface WatchedPod {
  pod: Pick<Pod, 'name' | 'role' | 'running'>
  before: Usage
  after: Usage
}

/** The rules by which a trial can be trusted, those of its load and those of its arm; every one that is broken is named. Of a trial of units it is what spoils the comparison of units. */
export function trialValidity(
  load: LoadResult,
  evidence: Evidence,
  pods: readonly WatchedPod[],
  placement?: Arm['placement'],
): Validity {
  const harmless = [...(load.units ? answersOfUnits : answers), ...(queuedTooLong(load) ? queued : [])]
  const reasons: Reason[] = [
    ...load.validity.reasons.filter(({ code }) => !(harmless as string[]).includes(code)),
    ...evidence.mismatches.map((text) => reason('evidence_mismatch', text)),
    ...pods.flatMap((pod) => disturbances(pod, load.durationMs)),
    // Elsewhere it shares its limit with all arms, as it does the machine.
    ...(placement && placement.client !== 'outside'
      ? throttling('the load’s pod', load.generator?.throttledMs ?? 0, load.durationMs)
      : []),
  ]
  return { valid: reasons.length === 0, reasons }
}

/** What was not the load's doing. A pod that was restarted counts its CPU and its restarts anew. */
function disturbances({ pod: { name, running }, before, after }: WatchedPod, durationMs: number): Reason[] {
  const restarts = (after.restarts ?? 0) - (before.restarts ?? 0)
  const throttledMs = (after.throttledMs ?? 0) - (before.throttledMs ?? 0)
  const reasons: Reason[] = []
  if (restarts > 0) reasons.push(reason('pod_restarted', `${name} was restarted during the trial`))
  else if (!running()) reasons.push(reason('pod_stopped', `${name} stopped during the trial`))
  return [...reasons, ...throttling(name, throttledMs, durationMs)]
}

function throttling(name: string, throttledMs: number, durationMs: number): Reason[] {
  if (throttledMs <= throttledShareLimit * durationMs) return []
  const text = `${name} was throttled by its CPU limit for ${throttledMs.toFixed(1)} ms of ${span(durationMs)}, above ${percent(throttledShareLimit)}`
  return [reason('pod_throttled', text)]
}
