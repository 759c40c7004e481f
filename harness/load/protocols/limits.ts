/** Streams of a connection where a load names none: HTTP/2, gRPC, inference over gRPC. */
export const defaultStreams = 8

/** Of TCP large writes cost least; of UDP what passes an Ethernet without being cut to pieces. */
export const defaultSegmentBytes = { tcp: 128 << 10, udp: 1472 }

/** Bytes of payload that a WebSocket control frame may have (RFC 6455, section 5.5). */
export const maxControlFrameBytes = 125
