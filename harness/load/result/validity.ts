import { failuresIn } from '../../../reports/failures.ts'
import type { LoadResult } from '../../../reports/load-result.ts'
import { percent } from '../../../reports/numbers.ts'
import { type Reason, reason } from '../../../reports/reasons.ts'

/** Above this share of errors the latencies of a load are those of failures. */
const errorShareLimit = 0.1
/** Above this share of doubtful latencies a p99 is one of them. */
const doubtfulShareLimit = 0.01

/** What a load came to, by count. */
export interface LoadCounts
  extends Pick<LoadResult, 'requests' | 'errors' | 'errorWords' | 'failedConnections' | 'keptConnections' | 'surplus'> {
  /** Those that surplus replies are held against, with the ones before the measured part. */
  sent?: number
  /** Replies, with whatever status; bytes or datagrams that arrived, of what has no replies. */
  answered: number
}

/** The rules that every load is held to, by whatever it was made and whoever asked for it. Those that are broken, each in a sentence. */
export function brokenRules(counts: LoadCounts): Reason[] {
  const { answered, errors, failedConnections = {}, keptConnections } = counts
  const reasons: Reason[] = []
  if (answered === 0) {
    const kinds = Object.keys(errors).length > 0 ? errors : failedConnections
    reasons.push(reason('nothing_answered', `nothing was answered; ${kindsText(kinds, counts) ?? 'no request ended'}`))
  } else reasons.push(...tooManyErrors(counts))
  if (keptConnections && keptConnections.had < keptConnections.asked) {
    const { asked, had } = keptConnections
    const why = kindsText(failedConnections, counts) ?? 'the others had not been opened by the end'
    reasons.push(reason('connections_missing', `${had} of the ${asked} connections could be had; ${why}`))
  }
  reasons.push(...surplusReplies(counts))
  return reasons
}

function surplusReplies({ surplus, sent = 0 }: LoadCounts): Reason[] {
  if (!surplus) return []
  // Connections without a request, which a server spoke on, are no share of any.
  const share = Math.min(1, surplus.doubtful / sent)
  if (!(share > doubtfulShareLimit)) return []
  const replies = `${surplus.replies.toLocaleString('en-US')} ${surplus.replies === 1 ? 'reply' : 'replies'}`
  const text = `the server answered more often than it was asked: ${replies} came that no request waited for, and ${percent(share)} of the requests, above ${percent(doubtfulShareLimit)}, may have been taken as answered by another's`
  return [reason('surplus_replies', text)]
}

/** The rule that the errors of several agents are held to together. */
export function tooManyErrors({ requests, errors }: Pick<LoadResult, 'requests' | 'errors'>): Reason[] {
  const share = failuresIn(errors) / requests
  if (!(share > errorShareLimit)) return []
  const text = `${percent(share)} of the requests failed, above ${percent(errorShareLimit)}`
  return [reason('errors_above_limit', text)]
}

/** What of each kind there was, the most frequent first; null where there was nothing. */
function kindsText(kinds: Readonly<Record<string, number>>, { errorWords = {} }: LoadCounts): string | null {
  const texts = Object.entries(kinds)
    .toSorted(([, a], [, b]) => b - a)
    .map(([kind, n]) => `${kind} ${n.toLocaleString('en-US')}${errorWords[kind] ? ` (${errorWords[kind]})` : ''}`)
  return texts.length === 0 ? null : texts.join(', ')
}
