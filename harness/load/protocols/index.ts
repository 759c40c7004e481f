import type { Protocol } from '../protocol.ts'
import type { ProtocolName } from '../schemes.ts'

/** Each is imported when it is asked for: every thread of a load would keep all of them in memory. */
const protocols: Record<ProtocolName, () => Promise<Protocol>> = {
  http: async () => (await import('./http.ts')).http,
  http2: async () => (await import('./http2.ts')).http2,
  grpc: async () => (await import('./grpc.ts')).grpc,
  websocket: async () => (await import('./websocket.ts')).websocket,
  inference: async () => (await import('./inference.ts')).inference,
  tcp: async () => (await import('./tcp.ts')).tcp,
  udp: async () => (await import('./udp.ts')).udp,
}

export const protocolNamed = (name: ProtocolName): Promise<Protocol> => protocols[name]()
