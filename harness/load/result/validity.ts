import { failuresIn } from '../../../reports/failures.ts'
import type { LoadResult } from '../../../reports/load-result.ts'
import { percent } from '../../../reports/numbers.ts'
import { type Reason, reason } from '../../../reports/reasons.ts'

/** Above this share of errors the latencies of a load are those of failures. */
const errorShareLimit = 0.1

/** What a load came to, by count. */
export interface LoadCounts
  extends Pick<LoadResult, 'requests' | 'errors' | 'errorWords' | 'failedConnections' | 'keptConnections'> {
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
  return reasons
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
