import type { ProtocolName } from '../load/schemes.ts'
import type { Protocol } from './protocol.ts'

/** Each is imported when it is needed: otherwise every thread of a load would keep all of them in memory. */
const protocols: Record<ProtocolName, () => Promise<Protocol>> = {
  http: async () => (await import('./http1/protocol.ts')).http,
  http2: async () => (await import('./http2/protocol.ts')).http2,
  grpc: async () => (await import('./grpc/protocol.ts')).grpc,
  websocket: async () => (await import('./websocket/protocol.ts')).websocket,
  inference: async () => (await import('./inference/protocol.ts')).inference,
  tcp: async () => (await import('./stream/tcp.ts')).tcp,
  udp: async () => (await import('./stream/udp.ts')).udp,
}

/** The protocol of that name, once it is imported. */
export const protocolNamed = (name: ProtocolName): Promise<Protocol> => protocols[name]()
