import type { Protocol } from '../protocol.ts'
import { PacedLoop } from './paced-loop.ts'
import { streamPlanOf } from './plan.ts'
import { observeStreams } from './receiver.ts'
import { streamsOf } from './stream.ts'
import { UdpStream } from './udp-stream.ts'

/** Streams of datagrams at a rate. */
export const udpProtocol: Protocol = {
  createLoop(share, tally) {
    const plan = streamPlanOf(share.spec)
    const streams = streamsOf(share).map((number) => new UdpStream(share, plan, number))
    return new PacedLoop(share.spec, plan, streams, tally)
  },
  observe: observeStreams,
}
