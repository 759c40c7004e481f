import { defaultStreams } from '../../load/protocols/limits.ts'
import { requestsOf } from '../../load/requests.ts'
import type { Protocol } from '../protocol.ts'
import { createStreamLoop, requireHttp2 } from './loop.ts'
import { http2Request } from './request.ts'
import { Http2Stream } from './stream.ts'

/** HTTP/2, over TLS or with prior knowledge: each connection carries as many requests at once as it has streams. */
export const http2Protocol: Protocol = {
  prepare: requireHttp2,
  createLoop(share, tally) {
    const { spec } = share
    const { streams } = spec.http2 ?? { streams: defaultStreams }
    const requests = requestsOf(spec).map((one, _, { length }) => http2Request(spec.url, one, length === 1))
    return createStreamLoop(share, tally, streams, requests, Http2Stream)
  },
}
