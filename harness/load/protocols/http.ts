import { HttpConnection } from '../http1/connection.ts'
import { targetOf } from '../http1/request.ts'
import type { Protocol } from '../protocol.ts'
import { createRequestLoop } from '../request-loop.ts'
import { requestsOf } from '../requests.ts'

const readBufferBytes = 65_536

/** HTTP/1.1 without pipelining: each connection carries one request at a time. */
export const http: Protocol = {
  description: 'HTTP/1.1',
  createLoop(share, tally) {
    const { spec, host, port } = share
    const target = targetOf({ host, port }, spec, requestsOf(spec))
    // All connections of a thread share one, since each read is parsed at once.
    const buffer = Buffer.allocUnsafeSlow(readBufferBytes)
    return createRequestLoop(share, tally, (owner, connections) =>
      Array.from({ length: connections }, (_, slot) => new HttpConnection(slot, target, buffer, owner)),
    )
  },
}
