import type { Protocol } from '../protocol.ts'
import type { ProtocolName } from '../schemes.ts'
import { grpc } from './grpc.ts'
import { http } from './http.ts'
import { http2 } from './http2.ts'
import { inference } from './inference.ts'
import { tcp } from './tcp.ts'
import { udp } from './udp.ts'
import { websocket } from './websocket.ts'

export const protocols = { http, http2, grpc, websocket, inference, tcp, udp } satisfies Record<ProtocolName, Protocol>
