import { huffmanDigits, huffmanOf, huffmanText } from './huffman.ts'

/** The status codes of the static table, from index 8. */
const firstStatusIndex = 8
const indexedStatuses = [200, 204, 206, 304, 400, 404, 500]
const contentLengthIndex = 28
const lastStaticIndex = 61
/** Stands for a status that is no number. */
const grpcUnknown = 2
const longestMemo = 1024
/** Up to here a loop is quicker than a call out of JavaScript. */
const longestLoop = 160
const statusDigits = 3
/** Numbers up to here are exact. */
const lengthDigits = 15
/** No reply needs larger values, and shifts stay within 32 bits. */
const maxIntegerBytes = 3

const longestMessage = 512

/** Pseudo-fields begin with a colon, and nothing else has one. */
const lowerCaseName = /^:?[!-9;-@[-~]+$/
const longestShown = 40
/** Of a block. */
const mostNames = 64

/** A name as it is, and as the Huffman code of RFC 7541 has it. */
const namesOf = (name: string): readonly [Buffer, Buffer] => [Buffer.from(name), huffmanOf(name)]
const statusName = namesOf(':status')
const grpcStatusName = namesOf('grpc-status')
const grpcMessageName = namesOf('grpc-message')
const contentLengthName = namesOf('content-length')

/**
 * Reads from a reply's header blocks, which use no dynamic table, its statuses, gRPC's message and its content-length. Other fields are skipped. A
 * block equal to the one before is recognised by its bytes.
 */
export class Http2ReplyHead {
  /** HTTP status; 0 when the block has none, as trailers have. */
  status = 0
  /** gRPC status, any number from 0; −1 when the block has none. */
  grpcStatus = -1
  /** Bytes; −1 when the block has none. */
  contentLength = -1
  /** What is wrong with the block, where there is more to say. */
  fault = ''
  /** Of fields with names of their own, those names as they came before: most replies have the same ones. */
  readonly #names: Buffer[] = []
  #named = 0
  /** gRPC's message, as it came. */
  readonly #message = Buffer.alloc(longestMessage)
  #messageLength = 0
  #messageHuffman = false
  readonly #memo = Buffer.alloc(longestMemo)
  #memoLength = 0
  /** The latest integer or string that was read. */
  #value = 0
  #from = 0
  #huffman = false

  /** gRPC's message, or the beginning of a long one; empty when the block has none. */
  get grpcMessage(): string {
    const text = this.#messageHuffman
      ? (huffmanText(this.#message, 0, this.#messageLength) ?? '')
      : this.#message.toString('utf8', 0, this.#messageLength)
    return decoded(text)
  }

  /** Returns false when the bytes from `from` to `to` are no header block. */
  read(bytes: Buffer, from: number, to: number): boolean {
    const length = to - from
    if (length === this.#memoLength && length > 0 && this.#isMemo(bytes, from)) return true
    this.#memoLength = 0
    this.status = 0
    this.grpcStatus = -1
    this.contentLength = -1
    this.#messageLength = 0
    this.fault = ''
    this.#named = 0
    let at = from
    while (at < to) {
      at = this.#field(bytes, at, to)
      if (at < 0) return false
    }
    if (length <= longestMemo) {
      bytes.copy(this.#memo, 0, from, to)
      this.#memoLength = length
    }
    return true
  }

  #isMemo(bytes: Buffer, from: number): boolean {
    const memo = this.#memo
    const length = this.#memoLength
    if (length > longestLoop) return bytes.compare(memo, 0, length, from, from + length) === 0
    return isAt(memo, bytes, from, length)
  }

  /** Reads one field. Returns where the next begins, or −1. */
  #field(bytes: Buffer, at: number, to: number): number {
    const first = bytes[at] as number
    if (first >= 0x80) {
      const next = this.#integer(bytes, at, to, 0x7f)
      const index = this.#value
      if (next < 0 || index === 0 || index > lastStaticIndex) return -1
      const status = indexedStatuses[index - firstStatusIndex]
      if (status !== undefined) this.status = status
      return next
    }
    // A change of the table's size: to 0, as we asked for.
    if (first >= 0x20 && first < 0x40) {
      const next = this.#integer(bytes, at, to, 0x1f)
      return this.#value === 0 ? next : -1
    }
    return this.#literal(bytes, at, to, first >= 0x40 ? 0x3f : 0x0f)
  }

  #literal(bytes: Buffer, from: number, to: number, mask: number): number {
    let at = this.#integer(bytes, from, to, mask)
    const index = this.#value
    if (at < 0 || index > lastStaticIndex) return -1
    let isStatus = indexedStatuses[index - firstStatusIndex] !== undefined
    let isGrpcStatus = false
    let isGrpcMessage = false
    let isLength = index === contentLengthIndex
    if (index === 0) {
      const name = at
      at = this.#string(bytes, at, to)
      if (at < 0 || !this.#isName(bytes, name, at)) return -1
      isStatus = this.#is(statusName, bytes, at)
      isGrpcStatus = this.#is(grpcStatusName, bytes, at)
      isGrpcMessage = this.#is(grpcMessageName, bytes, at)
      isLength = this.#is(contentLengthName, bytes, at)
    }
    at = this.#string(bytes, at, to)
    if (at < 0) return -1
    if (isStatus) {
      this.status = this.#digits(bytes, at, statusDigits)
      if (this.status < 100 || this.status > 999) return -1
    } else if (isGrpcStatus) {
      const code = this.#digits(bytes, at, statusDigits)
      this.grpcStatus = code < 0 ? grpcUnknown : code
    } else if (isLength) {
      const length = this.#digits(bytes, at, lengthDigits)
      if (length < 0 || (this.contentLength >= 0 && this.contentLength !== length)) return -1
      this.contentLength = length
    } else if (isGrpcMessage) {
      this.#messageLength = bytes.copy(this.#message, 0, this.#from, at)
      this.#messageHuffman = this.#huffman
    }
    return at
  }

  /** Whether the string that begins with its length at `from` is a name (RFC 9113 section 8.2.1). */
  #isName(bytes: Buffer, from: number, end: number): boolean {
    const n = this.#named++
    const known = this.#names[n]
    if (known !== undefined && known.length === end - from && isAt(known, bytes, from)) return true
    const text = this.#huffman ? huffmanText(bytes, this.#from, end) : bytes.toString('latin1', this.#from, end)
    if (text === null || !lowerCaseName.test(text)) {
      this.fault = `a header that may not be called ${JSON.stringify(text?.slice(0, longestShown) ?? '')}`
      return false
    }
    if (n < mostNames) this.#names[n] = Buffer.from(bytes.subarray(from, end))
    return true
  }

  #integer(bytes: Buffer, from: number, to: number, mask: number): number {
    if (from >= to) return -1
    let at = from
    this.#value = (bytes[at++] as number) & mask
    if (this.#value < mask) return at
    for (let shift = 0; shift < 7 * maxIntegerBytes; shift += 7) {
      if (at >= to) return -1
      const byte = bytes[at++] as number
      this.#value += (byte & 0x7f) << shift
      if (byte < 0x80) return at
    }
    return -1
  }

  /** Reads a string's length. Returns where the string ends, or −1. */
  #string(bytes: Buffer, from: number, to: number): number {
    if (from >= to) return -1
    this.#huffman = (bytes[from] as number) >= 0x80
    const at = this.#integer(bytes, from, to, 0x7f)
    if (at < 0 || at + this.#value > to) return -1
    this.#from = at
    return at + this.#value
  }

  #is([plain, huffman]: readonly [Buffer, Buffer], bytes: Buffer, end: number): boolean {
    const name = this.#huffman ? huffman : plain
    if (end - this.#from !== name.length) return false
    for (let i = 0; i < name.length; i++) if (bytes[this.#from + i] !== name[i]) return false
    return true
  }

  /** The latest string as a number of at most so many digits; −1 when it is none. */
  #digits(bytes: Buffer, end: number, most: number): number {
    if (this.#huffman) return huffmanDigits(bytes, this.#from, end, most)
    if (end === this.#from || end - this.#from > most) return -1
    let value = 0
    for (let i = this.#from; i < end; i++) {
      const digit = (bytes[i] as number) - 48
      if (digit < 0 || digit > 9) return -1
      value = value * 10 + digit
    }
    return value
  }
}

/** Whether the first bytes of a known string are those from `at`. */
function isAt(known: Buffer, bytes: Buffer, at: number, length = known.length): boolean {
  for (let i = 0; i < length; i++) if (bytes[at + i] !== known[i]) return false
  return true
}

/** A text without its percent-encoding, which a gRPC message has, where that is whole. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
