import { defaultWindow, maxPayloadBytes, maxWindow, readWord, settingIds } from './frames.ts'

/** No more of a larger table is used: until the peer is told that it is, it keeps no more than this (RFC 7541 section 4.2). */
const defaultTableBytes = 4096

/** What the peer has said about its side of a connection, as far as it concerns a client that sends small frames. */
export class PeerSettings {
  /** Streams at once. */
  maxStreams = Number.POSITIVE_INFINITY
  /** Bytes of a request's body before the peer has allowed more. */
  initialWindow = defaultWindow
  /** Bytes of the table that it keeps headers in (RFC 7541 section 4.1), and whether they have become fewer since that was last looked at. */
  tableBytes = defaultTableBytes
  tableShrank = false

  /** Reads the payload of SETTINGS; false when it is none. */
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
