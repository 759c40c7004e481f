import { defaultStreams } from '../../load/protocols/limits.ts'
import { requestsOf } from '../../load/requests.ts'
import type { Protocol } from '../protocol.ts'
import { createStreamLoop, requireHttp2 } from './loop.ts'
import { httpRequest } from './request.ts'
import { Stream } from './stream.ts'

/** HTTP/2, over TLS or with prior knowledge: each connection carries as many requests at once as it has streams. */
export const http2: Protocol = {
  prepare: requireHttp2,
  createLoop(share, tally) {
    const { spec } = share
    const { streams } = spec.http2 ?? { streams: defaultStreams }
    const requests = requestsOf(spec).map((one, _, { length }) => httpRequest(spec.url, one, length === 1))
    return createStreamLoop(share, tally, streams, requests, Stream)
  },
}
