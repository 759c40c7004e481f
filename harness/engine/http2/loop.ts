import { HarnessError } from '../../errors.ts'
import type { TargetedPlan } from '../../load/plan.ts'
import type { Tally } from '../../load/result/tally.ts'
import { shown } from '../../load/target.ts'
import type { LaneOwner } from '../lane.ts'
import { createRequestLoop } from '../loop/request-loop.ts'
import type { LoadLoop, Share } from '../protocol.ts'
import { Transport } from '../transport.ts'
import { ConnectionPlace } from './connection.ts'
import { alpn, whyNotHttp2 } from './http2-check.ts'
import { Http2ReplyHead } from './reply-head.ts'
import type { StreamRequest } from './request.ts'
import type { Http2Stream } from './stream.ts'

const longestCheckMs = 2000

/** Creates the loop of a protocol over HTTP/2: its lanes are the streams of each connection. */
export function createStreamLoop(
  share: Share,
  tally: Tally,
  streams: number,
  requests: readonly StreamRequest[],
  LaneClass: typeof Http2Stream,
): LoadLoop {
  const target = { transport: new Transport(share, tally, alpn), requests, streams }
  const heads = { first: new Http2ReplyHead(), trailers: new Http2ReplyHead() }
  const lanesOf = (owner: LaneOwner, connections: number) =>
    Array.from({ length: connections }, () => new ConnectionPlace(target)).flatMap((place, n) =>
      Array.from({ length: streams }, (_, i) => new LaneClass(n * streams + i, place, heads, owner)),
    )
  return createRequestLoop(share, tally, lanesOf, streams)
}

/** Throws HarnessError LOAD_FAILED when the target speaks something other than HTTP/2, which `what` needs. */
export async function requireHttp2(
  spec: TargetedPlan,
  target: { host: string; port: number },
  what: string = spec.protocol,
): Promise<void> {
  const reason = await whyNotHttp2({ ...target, spec }, Math.min(spec.timeoutMs, longestCheckMs))
  if (reason === null) return
  throw new HarnessError('LOAD_FAILED', `${shown(spec.url)} does not speak HTTP/2, which ${what} needs: ${reason}`)
}
