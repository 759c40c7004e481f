/** The part of RFC 9113 that a client needs to write and read frames. */

export const frameHeaderBytes = 9
/** The largest payload that every peer takes, and the largest that we allow. */
export const maxPayloadBytes = 16_384
export const maxWindow = 0x7fff_ffff
export const defaultWindow = 65_535

export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

/** END_STREAM of DATA and HEADERS; the same bit is ACK of SETTINGS and PING. */
export const endStream = 1
export const ack = 1
export const endHeaders = 4
export const padded = 8
export const priority = 32

export const settingIds = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
} as const

export const errorCodes = { protocol: 1, cancel: 8 } as const

/** Writes the nine bytes before a frame's payload. Returns where the payload begins. */
export function writeFrameHeader(
  into: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  id: number,
): number {
  into[at] = length >>> 16
  into[at + 1] = length >>> 8
  into[at + 2] = length
  into[at + 3] = type
  into[at + 4] = flags
  writeStreamId(into, at, id)
  return at + frameHeaderBytes
}

/** Writes the stream id of the frame that begins at `at`. */
export function writeStreamId(into: Buffer, at: number, id: number): void {
  writeWord(into, at + 5, id)
}

export function writeWord(into: Buffer, at: number, word: number): void {
  into[at] = word >>> 24
  into[at + 1] = word >>> 16
  into[at + 2] = word >>> 8
  into[at + 3] = word
}

/** 32 bits, unsigned. */
export function readWord(from: Buffer, at: number): number {
  return (
    (((from[at] as number) << 24) |
      ((from[at + 1] as number) << 16) |
      ((from[at + 2] as number) << 8) |
      (from[at + 3] as number)) >>>
    0
  )
}

export function frame(type: number, flags: number, id: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const whole = Buffer.alloc(frameHeaderBytes + payload.length)
  whole.set(payload, writeFrameHeader(whole, 0, payload.length, type, flags, id))
  return whole
}

/** The payload of a WINDOW_UPDATE or RST_STREAM. */
export function word(value: number): Buffer {
  const four = Buffer.alloc(4)
  four.writeUInt32BE(value)
  return four
}

/** The payload of SETTINGS, from pairs of a setting's number and its value. */
export function settingsPayload(pairs: readonly (readonly [number, number])[]): Buffer {
  const payload = Buffer.alloc(6 * pairs.length)
  pairs.forEach(([setting, value], i) => {
    payload.writeUInt16BE(setting, 6 * i)
    payload.writeUInt32BE(value, 6 * i + 2)
  })
  return payload
}

export const magic = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/**
 * What a client sends first. Without a dynamic table each header block can be read by itself. Windows as wide as they can be
 * never hold a reply up.
 */
export const preface = Buffer.concat([
  magic,
  frame(
    frameTypes.settings,
    0,
    0,
    settingsPayload([
      [settingIds.headerTableSize, 0],
      [settingIds.enablePush, 0],
      [settingIds.initialWindowSize, maxWindow],
    ]),
  ),
  frame(frameTypes.windowUpdate, 0, 0, word(maxWindow - defaultWindow)),
])
