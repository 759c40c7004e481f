import { HarnessError } from '../../errors.ts'
import { type CallKind, findMethod } from '../grpc/calls.ts'
import { described, type GrpcCall } from '../grpc/fields.ts'
import { encodeMessage } from '../grpc/message.ts'
import { reflect } from '../grpc/reflection.ts'
import { callRequest } from '../grpc/request.ts'
import { CallStream, MessageStream, PingPongStream } from '../grpc/stream.ts'
import { createStreamLoop, requireHttp2 } from '../http2/loop.ts'
import type { Protocol } from '../protocol.ts'
import type { LoadSpec } from '../spec.ts'

/** What the threads need to know of a call. */
interface PreparedCall {
  kind: CallKind
  message: Uint8Array
}

const streamClasses = {
  unary: CallStream,
  'client-stream': CallStream,
  'server-stream': MessageStream,
  bidi: PingPongStream,
}

/** gRPC over HTTP/2. The message is encoded once. */
export const grpc: Protocol = {
  description: 'gRPC',
  async prepare(spec, target): Promise<PreparedCall> {
    await requireHttp2(spec, target)
    const call = callOf(spec)
    const { bytes, kind, proto, method } = call
    if (bytes !== undefined) return { kind: kind as CallKind, message: Buffer.from(bytes, 'base64') }
    try {
      const service = method.split('/')[0] as string
      const root = proto === undefined ? await reflect(spec, service, spec.timeout) : described(proto)
      const found = findMethod(root, method)
      return { kind: found.kind, message: encodeMessage(found.request, call.message ?? {}) }
    } catch (cause) {
      throw new HarnessError('LOAD_FAILED', `grpc ${method}: ${(cause as Error).message}`, { cause })
    }
  },
  createLoop(share, tally) {
    const { spec, prepared } = share
    const call = callOf(spec)
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

/** `loadRules` asks for it. */
const callOf = ({ grpc }: LoadSpec) => grpc as GrpcCall
