import type { Protocol } from '../protocol.ts'
import { FloodLoop } from './flood-loop.ts'
import { PacedLoop } from './paced-loop.ts'
import { streamPlanOf } from './plan.ts'
import { observeStreams } from './receiver.ts'
import { streamsOf } from './stream.ts'
import { TcpStream } from './tcp-stream.ts'

/** Streams of bytes, at a rate or as fast as they go. */
export const tcpProtocol: Protocol = {
  createLoop(share, tally) {
    const plan = streamPlanOf(share.spec)
    const streams = streamsOf(share).map((number) => new TcpStream(share, plan, number))
    return plan.bitsPerSecond === null
      ? new FloodLoop(share.spec, streams, tally)
      : new PacedLoop(share.spec, plan, streams, tally)
  },
  observe: observeStreams,
}
