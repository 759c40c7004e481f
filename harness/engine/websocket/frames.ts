import { maxControlFrameBytes } from '../../load/protocols/limits.ts'

/** RFC 6455 section 5.2. */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** One mask for all frames: masks keep attackers from passing payloads off as HTTP to proxies, and a load is no attacker. */
const mask = Buffer.from([0x37, 0xfa, 0x21, 0x3d])

/** A whole message in one frame, as a client sends it. */
export function clientFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const extended = length > 0xffff ? 8 : length > maxControlFrameBytes ? 2 : 0
  const frame = Buffer.alloc(2 + extended + mask.length + length)
  frame[0] = 0x80 | opcode
  frame[1] = 0x80 | (extended === 8 ? 127 : extended === 2 ? 126 : length)
  if (extended === 2) frame.writeUInt16BE(length, 2)
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2)
  mask.copy(frame, 2 + extended)
  const start = 2 + extended + mask.length
  for (let i = 0; i < length; i++) frame[start + i] = (payload[i] as number) ^ (mask[i & 3] as number)
  return frame
}

const empty = Buffer.alloc(0)

/** So many messages that differ in how they begin; of 0 bytes there is one. */
export const markedPayloads = (bytes: number, marks: number): Buffer[] =>
  bytes === 0
    ? [empty]
    : Array.from({ length: marks }, (_, mark) => Buffer.alloc(bytes, 'x').fill(firstMark + mark, 0, 1))

/** What the bytes so far amount to; `other`: a message came, but not the awaited one. */
export const frameStates = { more: 0, done: 1, other: 2, closed: 3, malformed: 4 } as const
export type FrameState = (typeof frameStates)[keyof typeof frameStates]
const { more, done, other, closed, malformed } = frameStates

/** Values of the 7-bit length that say how many bytes of length follow. */
const longLengths: Readonly<Record<number, number>> = { 126: 2, 127: 8 }

/** By its first byte a message is told from others that were sent before and after it. */
const firstMark = 0x61

/** What a reader waits for, and what it does with the peer's pings. */
export interface Expectation {
  /** pong instead of a data message. */
  pong: boolean
  payload: Buffer
  /** In how many ways the payload begins, one after another; 1: it is always the same. */
  marks: number
  /** Called for each ping, with its payload. */
  pinged(payload: Buffer): void
}

/**
 * Reads the frames of one connection from bytes split anywhere. Messages may be fragmented, with control frames in between.
 * Messages that nobody awaits are skipped, and counted once a request was sent. Only a control frame with a payload allocates.
 */
export class WebSocketFrameReader {
  /** False once nothing more can come: the peer closed, or sent something that is no frame. */
  reusable = true
  /** Messages that no request waited for, until somebody sets it to 0. */
  surplus = 0
  readonly #expected: Expectation
  /** Bytes of the header so far; the first two of them, and the length, follow. */
  #have = 0
  #first = 0
  #second = 0
  #inPayload = false
  #remaining = 0
  #opcode = 0
  #final = false
  /** A data message has begun and not ended. */
  #fragmented = false
  /** The present data message is compared with the expected one. */
  #relevant = false
  /** It began when all requests had their replies. What comes before the first request is a greeting. */
  #stray = false
  /** Bytes of it so far, and whether all of them were as expected. */
  #matched = 0
  #same = true
  #control: Buffer | null = null
  #waiting = false
  #asked = false
  /** How the awaited payload begins, and how the present one does. */
  #mark = firstMark
  #marked = firstMark

  constructor(expected: Expectation) {
    this.#expected = expected
  }

  /** Ready for the first frame of a new connection. */
  reset(): void {
    this.reusable = true
    this.#have = 0
    this.#inPayload = false
    this.#fragmented = false
    this.#relevant = false
    this.#control = null
    this.#waiting = false
    this.#asked = false
    this.surplus = 0
  }

  /** From now on the reader waits for the expected payload with this mark, from 0, once. */
  expect(mark = 0): void {
    this.#waiting = true
    this.#asked = true
    this.#mark = firstMark + mark
  }

  /** Takes the bytes from `from` to `to`. Bytes after the awaited message cannot undo it, but may end the connection. */
  feed(bytes: Buffer, from: number, to: number): FrameState {
    let at = from
    let state: FrameState = more
    while (at < to && this.reusable) {
      if (!this.#inPayload) {
        if (!this.#headed(bytes[at++] as number)) continue
        if (!this.#begin()) return this.#last(state, malformed)
      }
      const end = Math.min(to, at + this.#remaining)
      if (end > at) this.#take(bytes, at, end)
      this.#remaining -= end - at
      at = end
      // A frame without payload ends with its header.
      if (this.#remaining > 0) return state
      const ended = this.#end()
      if (ended > done) return this.#last(state, ended)
      if (ended === done) state = done
    }
    return state
  }

  #last(before: FrameState, state: FrameState): FrameState {
    this.reusable = false
    return before === done ? done : state
  }

  /** Takes a byte of a header. Returns true when it was the last one. */
  #headed(byte: number): boolean {
    const have = this.#have++
    if (have === 0) this.#first = byte
    else if (have === 1) {
      this.#second = byte
      const short = byte & 0x7f
      this.#remaining = short < 126 ? short : 0
      return short < 126
    } else this.#remaining = this.#remaining * 256 + byte
    return have > 1 && have === 1 + (longLengths[this.#second & 0x7f] as number)
  }

  /** The header has ended. Returns false when such a frame is not allowed here. */
  #begin(): boolean {
    this.#have = 0
    this.#inPayload = true
    this.#opcode = this.#first & 0x0f
    this.#final = this.#first >= 0x80
    // Nothing was negotiated that would use the reserved bits, and only clients mask.
    if ((this.#first & 0x70) !== 0 || this.#second >= 0x80 || !Number.isSafeInteger(this.#remaining)) return false
    if (this.#opcode >= opcodes.close) return this.#beginControl()
    if (this.#opcode > opcodes.binary || (this.#opcode === opcodes.continuation) !== this.#fragmented) return false
    if (!this.#fragmented) {
      this.#relevant = this.#waiting && !this.#expected.pong
      this.#stray = this.#asked && !this.#waiting
      this.#matched = 0
      this.#same = true
    }
    this.#fragmented = !this.#final
    return true
  }

  #beginControl(): boolean {
    this.#control = this.#remaining === 0 ? null : Buffer.allocUnsafe(Math.min(this.#remaining, maxControlFrameBytes))
    return this.#final && this.#remaining <= maxControlFrameBytes && this.#opcode <= opcodes.pong
  }

  #take(bytes: Buffer, from: number, to: number): void {
    if (this.#control !== null) {
      this.#control.set(bytes.subarray(from, to), this.#control.length - this.#remaining)
      return
    }
    if (!this.#relevant || !this.#same) return
    const { payload, marks } = this.#expected
    const matched = this.#matched
    const end = matched + to - from
    const skipped = marks > 1 && matched === 0 ? 1 : 0
    if (skipped === 1) this.#marked = bytes[from] as number
    this.#same = end <= payload.length && bytes.compare(payload, matched + skipped, end, from + skipped, to) === 0
    this.#matched = end
  }

  #end(): FrameState {
    this.#inPayload = false
    if (this.#opcode >= opcodes.close) return this.#endControl()
    if (!this.#final) return more
    if (!this.#relevant) {
      if (this.#stray) this.surplus++
      return more
    }
    this.#relevant = false
    const same = this.#same && this.#matched === this.#expected.payload.length
    if (same && this.#isAnother(this.#marked)) {
      this.surplus++
      return more
    }
    this.#waiting = false
    return same && (this.#expected.marks === 1 || this.#marked === this.#mark) ? done : other
  }

  /** Whether a payload that begins so is that of another request than the awaited one. */
  #isAnother(marked: number): boolean {
    const { marks } = this.#expected
    return marks > 1 && marked !== this.#mark && marked >= firstMark && marked < firstMark + marks
  }

  #endControl(): FrameState {
    const payload = this.#control ?? empty
    this.#control = null
    if (this.#opcode === opcodes.close) return payload.length === 1 ? malformed : closed
    if (this.#opcode === opcodes.ping) this.#expected.pinged(payload)
    // A pong without a ping means nothing (section 5.5.3), unless it is ours.
    else if (this.#expected.pong && this.#asked) return this.#ponged(payload)
    return more
  }

  #ponged(payload: Buffer): FrameState {
    const { payload: expected, marks } = this.#expected
    if (payload.length !== expected.length) return more
    const first = marks > 1 ? 1 : 0
    if (payload.compare(expected, first, expected.length, first, payload.length) !== 0) return more
    const marked = payload[0] as number
    if (this.#waiting && (marks === 1 || marked === this.#mark)) {
      this.#waiting = false
      return done
    }
    if (marks === 1 || marked === this.#mark || this.#isAnother(marked)) this.surplus++
    return more
  }
}
