import type { ErrorKind } from '../load/result/tally.ts'

/** What the prober reads from stdin, as JSON. */
export interface ProberSpec {
  /** Asked first, one request after the other and each on a new connection; then the prober is ready. */
  opening: { url: string; requests: number }
  /** Asked every `everyMs` for `durationMs`, from the moment the prober is told to begin. */
  url: string
  everyMs: number
  durationMs: number
}

/** A request that has ended: when it was sent and when it ended, with the status of its reply or without one. */
export interface Asked {
  sentAt: number
  endedAt: number
  outcome: number | ErrorKind
}

/** A request that has ended, in milliseconds before its line was written. */
export type AskedAgo = [sentAgoMs: number, endedAgoMs: number, outcome: Asked['outcome']]

/** What the prober writes to stdout, one JSON object a line. `unixMs` is its clock at that moment. */
export type ProberMessage =
  | { type: 'ready'; unixMs: number; replies: number }
  | { type: 'asked'; unixMs: number; fresh: AskedAgo[]; kept: AskedAgo[] }
