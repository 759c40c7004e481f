import type { ErrorKind } from '../load/result/tally.ts'

/** What the sampler reads from stdin, as JSON. */
export interface SamplerSpec {
  /** Sent first, one request after the other and each on a new connection; then the sampler is ready. */
  opening: { url: string; requests: number }
  /** Where a request is sent every `everyMs` for `durationMs`, from the moment at which the sampler is to begin. */
  url: string
  everyMs: number
  durationMs: number
}

/** A request that has ended: when it was sent and when it ended, with the status of its reply or without one. */
export interface Sample {
  sentAt: number
  endedAt: number
  outcome: number | ErrorKind
}

/** A request that has ended, in milliseconds before its line was written. */
export type SampleAgo = [sentAgoMs: number, endedAgoMs: number, outcome: Sample['outcome']]

/** What the sampler writes to stdout, one JSON object a line. `unixMs` is its clock at that moment. */
export type SamplerMessage =
  | { type: 'ready'; unixMs: number; replies: number }
  | { type: 'samples'; unixMs: number; fresh: SampleAgo[]; kept: SampleAgo[] }
