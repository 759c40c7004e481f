import { requestsOf } from '../../load/requests.ts'
import { createRequestLoop } from '../loop/request-loop.ts'
import type { Protocol } from '../protocol.ts'
import { Transport } from '../transport.ts'
import { HttpConnection } from './connection.ts'
import { http1Target } from './request.ts'

/** HTTP/1.1 without pipelining: each connection carries one request at a time. */
export const httpProtocol: Protocol = {
  createLoop(share, tally) {
    const { spec } = share
    const transport = new Transport(share, tally)
    const target = http1Target(spec, requestsOf(spec))
    return createRequestLoop(share, tally, (owner, connections) =>
      Array.from({ length: connections }, (_, slot) => new HttpConnection(slot, transport, target, owner)),
    )
  },
}
