import type { Protocol } from '../protocol.ts'
import { PacedLoop } from '../stream/paced-loop.ts'
import { planOf } from '../stream/plan.ts'
import { observeStreams } from '../stream/receiver.ts'
import { streamsOf } from '../stream/stream.ts'
import { UdpStream } from '../stream/udp-stream.ts'

/** Streams of datagrams at a rate. */
export const udp: Protocol = {
  createLoop(share, tally) {
    const plan = planOf(share.spec)
    const streams = streamsOf(share).map((number) => new UdpStream(share, plan, number))
    return new PacedLoop(share.spec, plan, streams, tally)
  },
  observe: observeStreams,
}
