import type { Protocol } from '../protocol.ts'
import type { ProtocolName } from '../schemes.ts'
import { http } from './http.ts'
import { inference } from './inference.ts'
import { websocket } from './websocket.ts'

export const protocols = { http, websocket, inference } satisfies Record<ProtocolName, Protocol>
