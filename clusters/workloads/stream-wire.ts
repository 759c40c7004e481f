/** What the sender of streams and their receiver share. */

/**
 * Every datagram, and every TCP connection, begins with this header, little-endian: magic, load, stream, kind (u32 each), then
 * sequence and time of sending (f64 each). Sequences count from 0 in each part of a stream; the time is in nanoseconds of
 * the sender's monotonic clock.
 */
export const segmentHeader = {
  bytes: 32,
  magic: 0x6d73_746d,
  offset: { magic: 0, load: 4, stream: 8, kind: 12, sequence: 16, sentNs: 24 },
} as const

/** The kind of a datagram. A hello is sent back as it came. The kind of a TCP connection has no meaning. */
export const datagramKinds = { warmUp: 0, measured: 1, hello: 2 } as const

/** The most that a UDP datagram carries over IPv4. */
export const largestDatagramBytes = 65_507

/** The datagrams of one part of a load that arrived, those of all its streams together. */
export interface ReceivedDatagrams {
  /** Each counted once. */
  received: number
  bytes: number
  /** Datagrams that came after one with a higher sequence (RFC 4737). */
  reordered: number
  /** Copies beyond the first. One that comes more than 1024 sequences late counts as reordered. */
  duplicate: number
  /** First and last arrival by the receiver's clock; null before the first. */
  firstNs: number | null
  lastNs: number | null
  /** RFC 3550's interarrival jitter, averaged over the datagrams of each stream, then over the streams. Null before the second one. */
  jitterUs: number | null
  /** HdrHistogram V2 (base64) of receipt − sending, in nanoseconds; only where it was asked for. */
  delays?: string
}

/** The receiver's account of one load so far, as GET /streams/LOAD returns it. */
export interface StreamAccount {
  /** Names the clock that times are read from: two programs with the same name share it. Null where that is not known. */
  clock: string | null
  nowNs: number
  tcp: {
    connections: number
    bytes: number
    /** When the last bytes came. */
    lastNs: number | null
  }
  udp: {
    warmUp: ReceivedDatagrams
    measured: ReceivedDatagrams
    /** The kernel's size of the socket's receive buffer; Linux includes its own overhead. null where it is not known. */
    receiveBufferBytes: number | null
  }
}
