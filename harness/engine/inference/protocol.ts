import { type Header, withOwn } from '../../load/headers.ts'
import type { InferenceFields, TargetedPlan } from '../../load/plan.ts'
import { defaultStreams } from '../../load/protocols/limits.ts'
import { at, type Tally } from '../../load/result/tally.ts'
import { callOnce } from '../grpc/call-once.ts'
import { callRequest } from '../grpc/request.ts'
import { CallStream } from '../grpc/stream.ts'
import { HttpConnection } from '../http1/connection.ts'
import { http1Target } from '../http1/request.ts'
import { createStreamLoop, requireHttp2 } from '../http2/loop.ts'
import { createRequestLoop } from '../loop/request-loop.ts'
import type { LoadLoop, Protocol, Share } from '../protocol.ts'
import { Transport } from '../transport.ts'
import { inferenceCall, metadataCall } from './call.ts'
import { inferenceRequest, modelPath } from './request.ts'
import { requestOnce } from './request-once.ts'
import { TokenStream } from './token-stream.ts'

/** The open inference protocol v2: over HTTP/1.1 tensors in JSON, or tokens as server-sent events; or over gRPC. */
export const inferenceProtocol: Protocol = {
  async prepare(spec, target) {
    if (fieldsOf(spec).over === 'grpc') await requireHttp2(spec, target, 'inference over gRPC')
  },
  createLoop(share, tally) {
    let loop: LoadLoop | undefined
    return {
      async establish(limitMs) {
        const loopOver = { http: httpLoop, grpc: grpcLoop }[fieldsOf(share.spec).over]
        loop = await loopOver(share, tally)
        await loop.establish(limitMs)
      },
      run: async (origin, ended) => loop?.run(origin, ended),
      stop: () => loop?.stop?.(),
    }
  },
}

const fieldsOf = ({ inference }: TargetedPlan) => inference as InferenceFields

/** Gets the description of the model and checks one reply, before the load repeats the request. */
async function httpLoop(share: Share, tally: Tally): Promise<LoadLoop> {
  const { spec } = share
  const fields = fieldsOf(spec)
  tally.warmUp.add(at.sent, 1)
  const metadata = await requestOnce(share, spec.headers, 'GET', modelPath(fields))
  const { path, body, check } = inferenceRequest(fields, metadata)
  const headers = withOwn([['Content-Type', 'application/json']], spec.headers)
  // One thread checks for all of them.
  if (share.thread === 0) {
    tally.warmUp.add(at.sent, 1)
    check(await requestOnce(share, headers, 'POST', path, body, spec.timeoutMs))
  }
  const transport = new Transport(share, tally)
  const request = { method: 'POST', path, headers, body: Buffer.from(body) }
  const target = { ...http1Target(spec, [request]), events: fields.stream }
  return createRequestLoop(share, tally, (owner, connections) =>
    Array.from({ length: connections }, (_, slot) => new HttpConnection(slot, transport, target, owner)),
  )
}

/** The same over gRPC. */
async function grpcLoop(share: Share, tally: Tally): Promise<LoadLoop> {
  const { spec } = share
  const fields = fieldsOf(spec)
  const metadata = spec.headers.map(([name, value]): Header => [name.toLowerCase(), value])
  tally.warmUp.add(at.sent, 1)
  const description = await callOnce(spec, metadata, metadataCall.method, metadataCall.message(fields))
  const { method, message, check } = inferenceCall(fields, description)
  if (share.thread === 0) {
    tally.warmUp.add(at.sent, 1)
    check(await callOnce(spec, metadata, method, message, spec.timeoutMs))
  }
  const request = callRequest(spec.url, { method, metadata, messages: 1 }, fields.stream ? 'bidi' : 'unary', message)
  const { streams = defaultStreams } = fields
  return createStreamLoop(share, tally, streams, [request], fields.stream ? TokenStream : CallStream)
}
