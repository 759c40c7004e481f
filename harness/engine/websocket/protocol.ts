import type { WebSocketFields } from '../../load/plan.ts'
import { createRequestLoop } from '../loop/request-loop.ts'
import type { Protocol } from '../protocol.ts'
import { Transport } from '../transport.ts'
import { WebSocketConnection, type WebSocketRequest } from './connection.ts'
import { clientFrame, markedPayloads, opcodes } from './frames.ts'
import { createUpgrade, type Upgrade } from './upgrade.ts'

const defaultMessageBytes = 64
/** Requests in a row whose messages differ; of long ones two, as they are all kept. */
const marks = 16
const longMessageBytes = 16_384

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
  const payloads =
    message === undefined
      ? markedPayloads(messageBytes, messageBytes > longMessageBytes ? 2 : marks)
      : [Buffer.from(message)]
  const opcode = mode === 'ping' ? opcodes.ping : message === undefined ? opcodes.binary : opcodes.text
  const frames = payloads.map((payload) => clientFrame(opcode, payload))
  return { mode, upgrade, frames, payload: payloads[0] as Buffer }
}
