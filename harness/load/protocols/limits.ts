/** Streams of a connection where a load names none: HTTP/2, gRPC, inference over gRPC. */
export const defaultStreams = 8

/** Bytes of payload that a WebSocket control frame may have (RFC 6455, section 5.5). */
export const maxControlFrameBytes = 125
