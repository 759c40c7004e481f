import type { Protocol } from '../protocol.ts'
import type { ProtocolName } from '../schemes.ts'
import { http } from './http.ts'

export const protocols = { http } satisfies Record<ProtocolName, Protocol>
