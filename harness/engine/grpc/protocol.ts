import type { GrpcCall } from '../../load/plan.ts'
import { createStreamLoop } from '../http2/loop.ts'
import type { Protocol } from '../protocol.ts'
import type { PreparedCall } from './prepare.ts'
import { callRequest } from './request.ts'
import { CallStream, MessageStream, PingPongStream } from './stream.ts'

const streamClasses = {
  unary: CallStream,
  'client-stream': CallStream,
  'server-stream': MessageStream,
  bidi: PingPongStream,
}

/** gRPC over HTTP/2. The message is encoded once. */
export const grpcProtocol: Protocol = {
  // Reading the description of a call takes more memory than a thread that only repeats it.
  prepare: async (spec, target) => (await import('./prepare.ts')).prepareCall(spec, target),
  createLoop(share, tally) {
    const { spec, prepared } = share
    // The rules of a load require it.
    const call = spec.grpc as GrpcCall
    const { kind, message } = prepared as PreparedCall
    return createStreamLoop(
      share,
      tally,
      call.streams,
      [callRequest(spec.url, call, kind, message)],
      streamClasses[kind],
    )
  },
}
