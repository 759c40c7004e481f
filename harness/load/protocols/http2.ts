import { ConnectionPlace } from '../http2/connection.ts'
import { http2Fields } from '../http2/fields.ts'
import { ReplyHead } from '../http2/reply-head.ts'
import { httpRequest } from '../http2/request.ts'
import { Stream } from '../http2/stream.ts'
import type { Protocol } from '../protocol.ts'
import { createRequestLoop } from '../request-loop.ts'

const readBufferBytes = 65_536

/** HTTP/2 with prior knowledge: each connection carries as many requests at once as it has streams. */
export const http2: Protocol = {
  description: 'HTTP/2',
  createLoop(share, tally) {
    const { spec, host, port } = share
    const { streams } = spec.http2 ?? http2Fields.parse({})
    const buffer = Buffer.allocUnsafeSlow(readBufferBytes)
    const target = { host, port, request: httpRequest(spec), streams, buffer }
    const heads = { first: new ReplyHead(), trailers: new ReplyHead() }
    return createRequestLoop(share, tally, (owner, connections) =>
      Array.from({ length: connections }, () => new ConnectionPlace(target)).flatMap((place, n) =>
        Array.from({ length: streams }, (_, i) => new Stream(n * streams + i, place, heads, owner)),
      ),
    )
  },
}
