import type { ProtocolName } from '../load/schemes.ts'
import type { Protocol } from './protocol.ts'

/** Each is imported when it is needed: otherwise every thread of a load would keep all of them in memory. */
const protocols: Record<ProtocolName, () => Promise<Protocol>> = {
  http: async () => (await import('./http1/protocol.ts')).httpProtocol,
  http2: async () => (await import('./http2/protocol.ts')).http2Protocol,
  grpc: async () => (await import('./grpc/protocol.ts')).grpcProtocol,
  websocket: async () => (await import('./websocket/protocol.ts')).websocketProtocol,
  inference: async () => (await import('./inference/protocol.ts')).inferenceProtocol,
  tcp: async () => (await import('./stream/tcp.ts')).tcpProtocol,
  udp: async () => (await import('./stream/udp.ts')).udpProtocol,
}

/** The protocol of that name, once it is imported. */
export const protocolNamed = (name: ProtocolName): Promise<Protocol> => protocols[name]()
