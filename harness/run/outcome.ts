import type { Experiment, Outcome } from '../../reports/record.ts'
import { worstOutcome } from '../../reports/worst-outcome.ts'

/** How the tests of a run ended that measured nothing. */
export interface OtherTests {
  /** One of them failed, or something outside any test did, or the run was cut short: nothing can be said from it. */
  failed: boolean
  /** One of them was skipped for a reason: a skip is no pass. */
  skipped: boolean
}

/** The outcome of one experiment. A test that failed for another reason than its verdicts was not carried out: it is invalid. */
export function experimentOutcome({ status, verdicts }: Pick<Experiment, 'status' | 'verdicts'>): Outcome {
  const judged = verdicts.map(({ outcome }) => outcome)
  if (status === 'skipped') return worstOutcome([...judged, 'inconclusive'])
  const outcome = worstOutcome(judged)
  return status === 'failed' && outcome === 'pass' ? 'invalid' : outcome
}

/** The outcome of a run: the worst of its experiments, and of its tests that measured nothing. */
export function runOutcome(
  experiments: readonly Pick<Experiment, 'status' | 'verdicts'>[],
  { failed, skipped }: OtherTests,
): Outcome {
  const others: Outcome[] = [...(failed ? (['invalid'] as const) : []), ...(skipped ? (['inconclusive'] as const) : [])]
  return worstOutcome([...experiments.map(experimentOutcome), ...others])
}
