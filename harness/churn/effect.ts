import { median } from '../../reports/numbers.ts'
import { type Reason, reason } from '../../reports/reasons.ts'
import type { Change, Churn } from '../../reports/record.ts'
import type { Sample } from './messages.ts'
import type { Samples } from './sampler-job.ts'

/** A change that was asked for, by our clock. The status of a reply says which side it came from. */
export interface Changed {
  from: number
  to: number
  askedAt: number
  acceptedAt: number
}

/** An old side that has not answered for so long at the end of its time has not gone by chance. */
const quietMs = 200

/** What came of one change: `until` is the next one, or the end. */
export function effectOf(
  { from, to, askedAt, acceptedAt }: Changed,
  until: number,
  seen: Samples,
): Omit<Change, 'atMs'> {
  const within = (series: readonly Sample[], side: number) =>
    series.filter(({ outcome, endedAt }) => outcome === side && endedAt >= askedAt && endedAt < until)
  // The API server's reply to a change may come after its first effects: they took no time then.
  const after = (sample: Sample | undefined) => (sample ? Math.max(0, sample.endedAt - acceptedAt) : null)
  const pushMs = after(within(seen.fresh, to)[0])
  const old = within(seen.fresh, from).at(-1)
  // One that did not follow the change before is where this one leads already.
  const keptFollows = seen.kept.findLast(({ endedAt }) => endedAt < askedAt)?.outcome === from
  const stays = old !== undefined && until - old.endedAt < quietMs
  return {
    acceptMs: acceptedAt - askedAt,
    pushMs,
    settledMs: pushMs === null || stays ? null : (after(old) ?? 0),
    keptPushMs: keptFollows ? after(within(seen.kept, to)[0]) : null,
  }
}

/** The effects of all changes of a trial. The last one's time ends with the requests, or at `until`. */
export function churnOf(change: Churn['change'], changed: readonly Changed[], until: number, seen: Samples): Churn {
  const [first] = changed
  const changes = changed.map((one, i) => ({
    atMs: one.acceptedAt - (first?.acceptedAt ?? 0),
    ...effectOf(one, Math.min(changed[i + 1]?.askedAt ?? until, until, seen.fresh.at(-1)?.endedAt ?? until), seen),
  }))
  // A median of those that are known would leave out the slowest.
  const middle = (of: 'pushMs' | 'settledMs' | 'keptPushMs') => {
    const values = changes.map((one) => one[of]).filter((value) => value !== null)
    return values.length === changes.length ? median(values) : null
  }
  const errors: Record<string, number> = {}
  for (const { outcome } of seen.fresh)
    if (!answers(outcome)) errors[kindOf(outcome)] = (errors[kindOf(outcome)] ?? 0) + 1
  return {
    change,
    pushMs: middle('pushMs'),
    settledMs: middle('settledMs'),
    keptPushMs: middle('keptPushMs'),
    longestGapMs: longestGapMs(seen.fresh),
    longestPauseMs: longestPauseMs(seen.fresh),
    requests: seen.fresh.length,
    errors,
    clockAheadMs: seen.clockAheadMs,
    changes,
  }
}

/** Why the effects of a trial's changes are not known; empty when they are. */
export function unsettled({ changes, pushMs: middleMs, longestPauseMs }: Churn, everyMs: number): Reason[] {
  const reasons = changes.flatMap(({ acceptMs, pushMs, settledMs }, i) => {
    const name = `change ${i + 1} of ${changes.length}`
    if (pushMs === null) return [reason('change_not_in_force', `${name} was not in force within ${everyMs / 1000} s`)]
    if (settledMs === null)
      return [reason('change_not_settled', `${name}: what was there before still answered after ${everyMs / 1000} s`)]
    const exactMs = exactEnough(pushMs)
    return acceptMs > exactMs
      ? [
          reason(
            'change_moment_unknown',
            `${name} was accepted at some moment of ${words(acceptMs)}, which is to be known to ${words(exactMs)}`,
          ),
        ]
      : []
  })
  const exactMs = exactEnough(middleMs ?? 0)
  if (longestPauseMs === null || longestPauseMs <= exactMs) return reasons
  const text = `the sampler could send nothing for ${words(longestPauseMs)}, above ${words(exactMs)}`
  return [...reasons, reason('sampler_paused', text)]
}

/** A quarter of a second, or a tenth of what takes longer. */
const exactEnough = (ms: number) => Math.max(250, ms / 10)
const words = (ms: number) => `${Math.round(ms)} ms`

/**
 * The longest time without a reply, of requests in order of their ends. It counts from the last reply, or from the first request
 * that was waiting: while nothing is sent, nothing is known.
 */
export function longestGapMs(samples: readonly Sample[]): number | null {
  const earliestFrom = new Float64Array(samples.length + 1).fill(Number.POSITIVE_INFINITY)
  for (let i = samples.length - 1; i >= 0; i--)
    earliestFrom[i] = Math.min(earliestFrom[i + 1] as number, (samples[i] as Sample).sentAt)
  let longest = 0
  let replies = 0
  let silentFrom = earliestFrom[0] as number
  samples.forEach(({ endedAt, outcome }, i) => {
    if (!answers(outcome) && i < samples.length - 1) return
    longest = Math.max(longest, endedAt - silentFrom)
    if (answers(outcome)) replies++
    silentFrom = Math.max(endedAt, earliestFrom[i + 1] as number)
  })
  return replies === 0 ? null : longest
}

function longestPauseMs(samples: readonly Sample[]): number | null {
  const sent = samples.map(({ sentAt }) => sentAt).sort((a, b) => a - b)
  const pauses = sent.map((at, i) => at - (sent[i - 1] ?? at))
  return pauses.length === 0 ? null : pauses.reduce((longest, pause) => Math.max(longest, pause))
}

const answers = (outcome: Sample['outcome']) => typeof outcome === 'number' && outcome < 400

const kindOf = (outcome: Sample['outcome']) =>
  typeof outcome === 'string' ? outcome : outcome < 500 ? 'http_4xx' : 'http_5xx'
