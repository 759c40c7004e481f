/** What `parse` returns for bytes that are no HTTP/1.x head. */
export const malformedHead = -1

const lf = 10
const cr = 13
const space = 32
const tab = 9
const comma = 44
const colon = 58
const start = Buffer.from('HTTP/1.')
const statusEnd = 12
const maxLengthDigits = 15
/** Where heads never repeat, only one in so many is copied. */
const parsesPerMemo = 64
const longestMemo = 1024

const contentLengthName = Buffer.from('content-length')
const transferEncodingName = Buffer.from('transfer-encoding')
const connectionName = Buffer.from('connection')
const chunkedToken = Buffer.from('chunked')
const closeToken = Buffer.from('close')
const keepAliveToken = Buffer.from('keep-alive')

/** Status line and the three header fields that decide where a reply ends; the others are passed over. */
export class Http1ReplyHead {
  status = 0
  /** −1 when the head has none. */
  contentLength = -1
  /** Some transfer coding applies; `chunked`: it is the last one. */
  coded = false
  chunked = false
  persistent = true
  /** Why a head that begins as one of HTTP/1.x is none, where there is more to say. */
  fault = ''
  /** One of its lines says close, whatever the others say. */
  #closes = false
  /** The bytes of the head that the fields above were read from. Most servers repeat them for a second. */
  #memo: Buffer | null = null
  #parsesToMemo = 1

  /** Parses a head that begins at `at`. Returns where it ends, 0 while it is incomplete, or `malformedHead`. */
  parse(bytes: Buffer, at: number, length: number): number {
    const memo = this.#memo
    if (memo !== null) {
      const end = at + memo.length
      if (end <= length && bytes.compare(memo, 0, memo.length, at, end) === 0) return end
      this.#memo = null
    }
    const end = this.#parseAnew(bytes, at, length)
    if (end > 0 && --this.#parsesToMemo <= 0) {
      this.#parsesToMemo = parsesPerMemo
      if (end - at <= longestMemo) this.#memo = Buffer.from(bytes.subarray(at, end))
    }
    return end
  }

  #parseAnew(bytes: Buffer, at: number, length: number): number {
    let i = this.#statusLine(bytes, at, length)
    if (i <= 0) return i
    for (;;) {
      if (i >= length) return 0
      let byte = bytes[i] as number
      if (byte === lf) return i + 1
      if (byte === cr) {
        if (i + 1 >= length) return 0
        return bytes[i + 1] === lf ? i + 2 : this.#strangeLine()
      }
      const name = i
      while (byte !== colon) {
        if (byte <= space || byte === 127) return this.#strangeLine()
        if (++i >= length) return 0
        byte = bytes[i] as number
      }
      const nameLength = i - name
      if (nameLength === 0) return this.#strangeLine()
      const value = ++i
      i = this.#lineEnd(bytes, i, length)
      // A line that begins with a space or a tab continues this one (RFC 9112 section 5.2).
      while (i >= 0 && i + 1 < length && (bytes[i + 1] === space || bytes[i + 1] === tab))
        i = this.#lineEnd(bytes, i + 1, length)
      if (i < 0) return malformedHead
      if (i + 1 >= length) return 0
      if (!this.#field(bytes, name, nameLength, value, i)) return malformedHead
      i++
    }
  }

  /** Where the line ends; −1 when it has a NUL (RFC 9110 section 5.5). */
  #lineEnd(bytes: Buffer, from: number, length: number): number {
    let i = from
    while (i < length && bytes[i] !== lf) if (bytes[i++] === 0) return this.#hasNul()
    return i
  }

  #hasNul(): number {
    this.fault = 'a line of its head has a NUL'
    return malformedHead
  }

  #strangeLine(): number {
    this.fault = 'a line of its head is no "name: value"'
    return malformedHead
  }

  #statusLine(bytes: Buffer, at: number, length: number): number {
    const known = Math.min(length - at, start.length)
    for (let i = 0; i < known; i++) if (bytes[at + i] !== start[i]) return malformedHead
    if (length - at <= statusEnd) return 0
    const status = decimal(bytes, at + 9, at + statusEnd)
    const after = bytes[at + statusEnd]
    if (bytes[at + 8] !== space || (after !== space && after !== cr && after !== lf)) return malformedHead
    // 101 would hand the connection to another protocol, which nobody asked for.
    if (status === 101) this.fault = 'it changes to another protocol (101), which nobody asked for'
    if (status < 100 || status === 101) return malformedHead
    this.status = status
    this.contentLength = -1
    this.coded = false
    this.chunked = false
    this.persistent = bytes[at + 7] !== 48
    this.#closes = false
    let i = at + statusEnd
    while (i < length && bytes[i] !== lf) i++
    return i < length ? i + 1 : 0
  }

  /** Returns false when the field makes the reply's length ambiguous. */
  #field(bytes: Buffer, name: number, nameLength: number, from: number, to: number): boolean {
    if (nameLength === contentLengthName.length && is(contentLengthName, bytes, name)) {
      const value = equalDecimals(bytes, from, to)
      const agrees = this.contentLength < 0 || this.contentLength === value
      this.contentLength = value
      if (value >= 0 && agrees) return true
      const text = bytes.toString('latin1', valueStart(bytes, from, to), valueEnd(bytes, from, to))
      this.fault =
        value < 0 ? `Content-Length is ${JSON.stringify(text)}` : 'lines of Content-Length contradict each other'
      return false
    }
    if (nameLength === transferEncodingName.length && is(transferEncodingName, bytes, name)) {
      const end = listEnd(bytes, from, to)
      const token = end - chunkedToken.length
      this.coded = true
      this.chunked = token >= from && hasToken(chunkedToken, bytes, token, end) && separates(bytes[token - 1] as number)
    } else if (nameLength === connectionName.length && is(connectionName, bytes, name)) {
      if (hasToken(closeToken, bytes, from, to)) this.#closes = true
      if (this.#closes) this.persistent = false
      else if (hasToken(keepAliveToken, bytes, from, to)) this.persistent = true
    }
    return true
  }
}

function valueStart(bytes: Buffer, from: number, to: number): number {
  let i = from
  while (i < to && (bytes[i] as number) <= space) i++
  return i
}

/** Where a list's last member ends; empty ones after it mean nothing. */
function listEnd(bytes: Buffer, from: number, to: number): number {
  let i = to
  while (i > from && ((bytes[i - 1] as number) <= space || bytes[i - 1] === comma)) i--
  return i
}

/** A number, or a list of the same one, which proxies make of several lines (RFC 9110 section 8.6); −1 for anything else. */
function equalDecimals(bytes: Buffer, from: number, to: number): number {
  let value = -1
  for (let at = from; at <= to; ) {
    let end = at
    while (end < to && bytes[end] !== comma) end++
    const one = decimal(bytes, valueStart(bytes, at, end), valueEnd(bytes, at, end))
    if (one < 0 || (at > from && one !== value)) return -1
    value = one
    at = end + 1
  }
  return value
}

function valueEnd(bytes: Buffer, from: number, to: number): number {
  let i = to
  while (i > from && (bytes[i - 1] as number) <= space) i--
  return i
}

/** −1 for anything but 1 to 15 digits, which a double holds exactly. */
function decimal(bytes: Buffer, from: number, to: number): number {
  if (to <= from || to - from > maxLengthDigits) return -1
  let value = 0
  for (let i = from; i < to; i++) {
    const digit = (bytes[i] as number) - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** Compares with a lower-case ASCII word. */
function is(word: Uint8Array, bytes: Buffer, at: number): boolean {
  for (let i = 0; i < word.length; i++) if (((bytes[at + i] as number) | 0x20) !== word[i]) return false
  return true
}

const separates = (byte: number) =>
  byte === comma || byte === space || byte === tab || byte === colon || byte === cr || byte === lf

/** Whether a list of tokens between `from` and `to` names this one. */
function hasToken(token: Uint8Array, bytes: Buffer, from: number, to: number): boolean {
  for (let i = from; i + token.length <= to; i++) {
    const end = i + token.length
    if (
      (i === from || separates(bytes[i - 1] as number)) &&
      is(token, bytes, i) &&
      (end === to || separates(bytes[end] as number))
    )
      return true
  }
  return false
}
