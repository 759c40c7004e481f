import { HttpConnection } from '../http1/connection.ts'
import { targetOf } from '../http1/request.ts'
import type { Protocol } from '../protocol.ts'
import { createRequestLoop } from '../request-loop.ts'
import { requestsOf } from '../requests.ts'
import { Transport } from '../transport.ts'

/** HTTP/1.1 without pipelining: each connection carries one request at a time. */
export const http: Protocol = {
  createLoop(share, tally) {
    const { spec } = share
    const transport = new Transport(share, tally)
    const target = targetOf(spec, requestsOf(spec))
    return createRequestLoop(share, tally, (owner, connections) =>
      Array.from({ length: connections }, (_, slot) => new HttpConnection(slot, transport, target, owner)),
    )
  },
}
