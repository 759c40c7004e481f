import type { Protocol } from '../protocol.ts'
import type { ProtocolName } from '../schemes.ts'
import { http } from './http.ts'
import { tcp } from './tcp.ts'
import { udp } from './udp.ts'

export const protocols = { http, tcp, udp } satisfies Record<ProtocolName, Protocol>
