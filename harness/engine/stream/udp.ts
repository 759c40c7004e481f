import type { Protocol } from '../protocol.ts'
import { PacedLoop } from './paced-loop.ts'
import { planOf } from './plan.ts'
import { observeStreams } from './receiver.ts'
import { streamsOf } from './stream.ts'
import { UdpStream } from './udp-stream.ts'

/** Streams of datagrams at a rate. */
export const udp: Protocol = {
  createLoop(share, tally) {
    const plan = planOf(share.spec)
    const streams = streamsOf(share).map((number) => new UdpStream(share, plan, number))
    return new PacedLoop(share.spec, plan, streams, tally)
  },
  observe: observeStreams,
}
