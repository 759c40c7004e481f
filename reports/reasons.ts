/**
 * Why a load, a trial or a value does not count: a program decides by the code, people read the text, which the rule that found it
 * composes. A code never changes its meaning. A record may hold codes that this version does not know: they are shown by their text.
 */
export interface Reason {
  code: string
  text: string
}

/** Every code there is, and what it means. */
export type ReasonCode =
  /** No request of the load's measured part was answered; the text has what became of them. */
  | 'nothing_answered'
  /** So many requests failed that the latencies are those of failures. */
  | 'errors_above_limit'
  /** The load had fewer connections than it was to have; the text has why. */
  | 'connections_missing'
  /** Replies came that no request waited for, so that the latencies of too many requests may be those of other replies. */
  | 'surplus_replies'
  /** Less than 99 % of the requests that were due were sent in time and answered: an answer about the arm, which makes no trial invalid. */
  | 'rate_not_held'
  /** Less than 99 % of the bit rate that streams were to carry arrived: an answer, too. */
  | 'bit_rate_not_held'
  /** The load was given up because the generator fell further and further behind. */
  | 'generator_gave_up'
  /** The generator was at work nearly all of the time: its own limit may have been measured. Units are compared all the same. */
  | 'generator_busy'
  /** Streams broke off. */
  | 'streams_broken'
  /** The receiver of streams got nothing. */
  | 'nothing_arrived'

  /** The evidence does not fit the arm: the treatment was not on, or not as asked. */
  | 'evidence_mismatch'
  /** A pod of the arm was restarted, stopped, or throttled by its CPU limit for too much of the time. */
  | 'pod_restarted'
  | 'pod_stopped'
  | 'pod_throttled'

  /** A search found no rate that keeps the objectives, or none that a last load confirmed. */
  | 'rate_not_found'
  | 'rate_not_confirmed'

  /** Requests before the load, which show the way it takes, were not answered. */
  | 'opening_unanswered'
  /** The load ended before the last change had had its time. */
  | 'load_ended_early'
  /** A change was not in force in time. */
  | 'change_not_in_force'
  /** What was there before a change still answered at the end of its time. */
  | 'change_not_settled'
  /** When a change was accepted is not known well enough. */
  | 'change_moment_unknown'
  /** The sampler could send nothing for so long that the times are not known well enough. */
  | 'sampler_paused'

  /** A strategy was not applied as asked, or what it had changed was not put back. */
  | 'strategy_not_applied'
  | 'strategy_left'
  /** The pods that were to fight for the CPUs had hardly any. */
  | 'no_contention'

  /** The generator was later for one arm than for the other, and that decides: from the actual send the verdict is another one. */
  | 'send_lag'
  /** The trial, or an arm in a unit, did not measure the indicator. */
  | 'not_measured'
  /** An arm had no reply in a unit, which then counts for none of the arms. */
  | 'unit_without_replies'
  /** What was left at the end of a deployment has too few requests for the percentile. */
  | 'too_few_requests'
  /** The control's value was 0, of which nothing is a share. */
  | 'control_at_zero'

  /** From a record of schema version 1, whose reasons were texts alone. */
  | 'v1'

/** A reason with one of the known codes. */
export const reason = (code: ReasonCode, text: string): Reason & { code: ReasonCode } => ({ code, text })

/** The texts of reasons in one line; empty of none. */
export const reasonTexts = (reasons: readonly Reason[]) => reasons.map(({ text }) => text).join('; ')
