import type { Pod, Usage } from '../../clusters/provider.ts'
import type { LoadResult, Validity } from '../../reports/load-result.ts'
import { percent } from '../../reports/numbers.ts'
import { type Reason, reason } from '../../reports/reasons.ts'
import type { Evidence } from '../../reports/record.ts'

/** Above this share of errors the latencies of a trial are those of failures. */
const errorShareLimit = 0.1

/** A pod of an arm, and its use before and after a trial. */
export interface WatchedPod {
  pod: Pick<Pod, 'name' | 'role' | 'running'>
  before: Usage
  after: Usage
}

/** The rules by which a trial can be trusted; every one that is broken is named. */
export function trialValidity(load: LoadResult, evidence: Evidence, pods: readonly WatchedPod[]): Validity {
  const reasons: Reason[] = [
    ...load.validity.reasons,
    ...evidence.mismatches.map((text) => reason('evidence_mismatch', text)),
    ...pods.flatMap(disturbances),
  ]
  const errors = Object.values(load.errors).reduce((sum, n) => sum + n, 0)
  if (load.requests === 0) reasons.push(reason('no_request_ended', 'no request ended'))
  else if (errors / load.requests > errorShareLimit)
    reasons.push(
      reason(
        'errors_above_limit',
        `${percent(errors / load.requests)} of the requests failed, above ${percent(errorShareLimit)}`,
      ),
    )
  return { valid: reasons.length === 0, reasons }
}

/** What was not the load's doing. A pod that was restarted counts its CPU and its restarts anew. */
function disturbances({ pod: { name, running }, before, after }: WatchedPod): Reason[] {
  const restarts = (after.restarts ?? 0) - (before.restarts ?? 0)
  const throttledMs = (after.throttledMs ?? 0) - (before.throttledMs ?? 0)
  const reasons: Reason[] = []
  if (restarts > 0) reasons.push(reason('pod_restarted', `${name} was restarted during the trial`))
  else if (!running()) reasons.push(reason('pod_stopped', `${name} stopped during the trial`))
  if (throttledMs > 0)
    reasons.push(reason('pod_throttled', `${name} was throttled by its CPU limit for ${throttledMs.toFixed(1)} ms`))
  return reasons
}
