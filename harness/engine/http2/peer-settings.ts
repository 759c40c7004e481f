import { defaultWindow, maxPayloadBytes, maxWindow, readWord, settingIds } from './frames.ts'

/** The peer may allow a larger table. We never announce one, so that it keeps no more than this (RFC 7541 section 4.2). */
const defaultTableBytes = 4096

/** The peer's settings of a connection, as far as they concern a client that sends small frames. */
export class PeerSettings {
  /** Streams at once. */
  maxStreams = Number.POSITIVE_INFINITY
  /** Bytes of a request's body before the peer has allowed more. */
  initialWindow = defaultWindow
  /** Bytes of the table that it keeps headers in (RFC 7541 section 4.1). */
  tableBytes = defaultTableBytes
  /** The table has become smaller, and we have not taken note of it yet. */
  tableShrank = false

  /** Reads the payload of SETTINGS. Returns false when it is malformed. */
  read(bytes: Buffer, at: number, length: number): boolean {
    if (length % 6 !== 0) return false
    for (let i = at; i < at + length; i += 6) {
      const setting = ((bytes[i] as number) << 8) | (bytes[i + 1] as number)
      const value = readWord(bytes, i + 2)
      if (setting === settingIds.maxConcurrentStreams) this.maxStreams = value
      else if (setting === settingIds.headerTableSize) {
        if (value < this.tableBytes) this.tableShrank = true
        this.tableBytes = Math.min(value, defaultTableBytes)
      } else if (setting === settingIds.initialWindowSize) {
        if (value > maxWindow) return false
        this.initialWindow = value
      } else if (setting === settingIds.maxFrameSize && (value < maxPayloadBytes || value >= 2 ** 24)) return false
      else if (setting === settingIds.enablePush && value > 1) return false
    }
    return true
  }
}
