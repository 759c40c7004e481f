import type { Protocol } from '../protocol.ts'
import type { ProtocolName } from '../schemes.ts'
import { http } from './http.ts'
import { http2 } from './http2.ts'

export const protocols = { http, http2 } satisfies Record<ProtocolName, Protocol>
