import type { InferenceFields, TargetedPlan } from '../../load/plan.ts'
import { defaultStreams } from '../../load/protocols/limits.ts'
import { at, type Tally } from '../../load/result/tally.ts'
import { askCall } from '../grpc/ask.ts'
import { callRequest } from '../grpc/request.ts'
import { CallStream } from '../grpc/stream.ts'
import { HttpConnection } from '../http1/connection.ts'
import { http1Target } from '../http1/request.ts'
import { createStreamLoop, requireHttp2 } from '../http2/loop.ts'
import { createRequestLoop } from '../loop/request-loop.ts'
import type { LoadLoop, Protocol, Share } from '../protocol.ts'
import { Transport } from '../transport.ts'
import { ask } from './ask.ts'
import { inferenceCall, metadataCall } from './call.ts'
import { inferenceRequest, modelPath } from './request.ts'
import { TokenStream } from './token-stream.ts'

/** The open inference protocol v2: over HTTP/1.1 tensors in JSON, or tokens as server-sent events; or over gRPC. */
export const inferenceProtocol: Protocol = {
  async prepare(spec, target) {
    if (toldOf(spec).over === 'grpc') await requireHttp2(spec, target, 'inference over gRPC')
  },
  createLoop(share, tally) {
    let loop: LoadLoop | undefined
    return {
      async establish(limitMs) {
        const loopOver = { http: httpLoop, grpc: grpcLoop }[toldOf(share.spec).over]
        loop = await loopOver(share, tally)
        await loop.establish(limitMs)
      },
      run: async (origin) => loop?.run(origin),
      stop: () => loop?.stop?.(),
    }
  },
}

const toldOf = ({ inference }: TargetedPlan) => inference as InferenceFields

/** Asks what the model is, and whether it answers as it should, before it is asked again and again. */
async function httpLoop(share: Share, tally: Tally): Promise<LoadLoop> {
  const { spec } = share
  const told = toldOf(spec)
  tally.warmUp.add(at.sent, 1)
  const metadata = await ask(share, spec.headers, 'GET', modelPath(told))
  const { path, body, check } = inferenceRequest(told, metadata)
  const headers = { 'Content-Type': 'application/json', ...spec.headers }
  // One thread's finding holds for all of them.
  if (share.thread === 0) {
    tally.warmUp.add(at.sent, 1)
    check(await ask(share, headers, 'POST', path, body, spec.timeoutMs))
  }
  const transport = new Transport(share, tally)
  const request = { method: 'POST', path, headers, body: Buffer.from(body) }
  const target = { ...http1Target(spec, [request]), events: told.stream }
  return createRequestLoop(share, tally, (owner, connections) =>
    Array.from({ length: connections }, (_, slot) => new HttpConnection(slot, transport, target, owner)),
  )
}

/** The same, in calls. */
async function grpcLoop(share: Share, tally: Tally): Promise<LoadLoop> {
  const { spec } = share
  const told = toldOf(spec)
  const metadata = Object.fromEntries(Object.entries(spec.headers).map(([name, value]) => [name.toLowerCase(), value]))
  tally.warmUp.add(at.sent, 1)
  const model = await askCall(spec, metadata, metadataCall.method, metadataCall.message(told))
  const { method, message, check } = inferenceCall(told, model)
  if (share.thread === 0) {
    tally.warmUp.add(at.sent, 1)
    check(await askCall(spec, metadata, method, message, spec.timeoutMs))
  }
  const request = callRequest(spec.url, { method, metadata, messages: 1 }, told.stream ? 'bidi' : 'unary', message)
  const { streams = defaultStreams } = told
  return createStreamLoop(share, tally, streams, [request], told.stream ? TokenStream : CallStream)
}
