import type { Evidence, LoadResult, Validity } from '../../reports/record.ts'

/** Above this share of errors the latencies of a trial are those of failures. */
const errorShareLimit = 0.1

/** The rules by which a trial can be trusted; every one that is broken is named. */
export function trialValidity(load: LoadResult, evidence: Evidence, stopped: readonly string[]): Validity {
  const reasons = [
    ...load.validity.reasons,
    ...evidence.mismatches,
    ...stopped.map((pod) => `${pod} stopped during the trial`),
  ]
  const errors = Object.values(load.errors).reduce((sum, n) => sum + n, 0)
  if (load.requests === 0) reasons.push('no request ended')
  else if (errors / load.requests > errorShareLimit)
    reasons.push(
      `${((100 * errors) / load.requests).toFixed(1)} % of the requests failed, above ${100 * errorShareLimit} %`,
    )
  return { valid: reasons.length === 0, reasons }
}
