import type { WebSocketFields } from '../../load/plan.ts'
import { createRequestLoop } from '../loop/request-loop.ts'
import type { Protocol } from '../protocol.ts'
import { Transport } from '../transport.ts'
import { WebSocketConnection, type WebSocketRequest } from './connection.ts'
import { clientFrame, opcodes } from './frames.ts'
import { createUpgrade, type Upgrade } from './upgrade.ts'

const defaultMessageBytes = 64

/** WebSocket (RFC 6455) over HTTP/1.1, without extensions: each connection carries one message at a time. */
export const websocketProtocol: Protocol = {
  createLoop(share, tally) {
    const { spec } = share
    const fields = spec.websocket ?? { mode: 'echo' }
    const transport = new Transport(share, tally)
    const request = webSocketRequest(fields, createUpgrade(spec))
    const keepAlive = spec.keepAlive && fields.mode !== 'connect'
    return createRequestLoop({ ...share, spec: { ...spec, keepAlive } }, tally, (owner, connections) =>
      Array.from({ length: connections }, (_, slot) => new WebSocketConnection(slot, transport, request, owner)),
    )
  },
}

function webSocketRequest(
  { mode, message, messageBytes = defaultMessageBytes }: WebSocketFields,
  upgrade: Upgrade,
): WebSocketRequest {
  const payload = message === undefined ? Buffer.alloc(messageBytes, 'x') : Buffer.from(message)
  const opcode = mode === 'ping' ? opcodes.ping : message === undefined ? opcodes.binary : opcodes.text
  return { mode, upgrade, payload, frame: mode === 'connect' ? upgrade.request : clientFrame(opcode, payload) }
}
