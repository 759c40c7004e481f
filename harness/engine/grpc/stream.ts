import { grpcErrorKind } from '../../load/protocols/grpc-status.ts'
import type { Http2ReplyHead } from '../http2/reply-head.ts'
import { Http2Stream } from '../http2/stream.ts'

const prefixBytes = 5
const endsEarly = 'a message that ends early'

/** A stream that carries gRPC calls: the status of each is in its trailers. */
abstract class GrpcStream extends Http2Stream {
  /** Where the status was, until another reply is read. */
  #trailer: Http2ReplyHead | null = null

  override get refusalWords(): string {
    if (this.status >= 400 || this.#trailer === null) return super.refusalWords
    const { grpcStatus, grpcMessage } = this.#trailer
    return `grpc-status ${grpcStatus}${grpcMessage === '' ? '' : `: ${grpcMessage}`}`
  }

  protected override trailed(head: Http2ReplyHead | null): boolean {
    // An HTTP error is reason enough.
    if (this.refusal !== null) return true
    if (head === null || head.grpcStatus < 0) {
      this.fault = 'a reply without grpc-status'
      return false
    }
    this.#trailer = head
    this.refusal = grpcErrorKind(head.grpcStatus)
    if (this.refusal !== null) return true
    const missing = this.missing()
    if (missing !== null) this.fault = `grpc-status 0, but ${missing}`
    return missing === null
  }

  /** `flag`: the message's first byte. */
  protected noMessage(flag: number): false {
    // No load says that it can take one.
    this.fault = flag === 1 ? 'a compressed message, which was not asked for' : 'content that is no gRPC message'
    return false
  }

  /** What is wrong with the messages of a call that ended well, in a few words; null when nothing is. */
  protected abstract missing(): string | null
}

/** A stream that carries gRPC calls whose reply is one message, of which only the length is looked at. */
export class CallStream extends GrpcStream {
  /** Bytes of the message's prefix that have come. */
  #prefix = 0
  /** Bytes still to come, as far as the prefix has come; below 0 when more came than that. */
  #remaining = 0

  override send(request: number): void {
    this.#prefix = 0
    this.#remaining = 0
    super.send(request)
  }

  override data(bytes: Buffer, from: number, to: number, last: boolean): boolean {
    // The content of an HTTP error is no message.
    let at = this.refusal === null ? from : to
    while (this.#prefix < prefixBytes && at < to) {
      const byte = bytes[at++] as number
      if (this.#prefix++ > 0) this.#remaining = this.#remaining * 256 + byte
      else if (byte > 0) return this.noMessage(byte)
    }
    this.#remaining -= to - at
    return super.data(bytes, from, to, last)
  }

  protected override missing(): string | null {
    if (this.#prefix === 0) return 'no message'
    if (this.#remaining < 0) return 'more than one message'
    return this.#prefix < prefixBytes || this.#remaining > 0 ? endsEarly : null
  }
}

/** A stream that carries gRPC calls whose reply is several messages, which are counted. */
export class MessageStream extends GrpcStream {
  /** Bytes of the message's prefix that have come. */
  #prefix = 0
  /** Bytes of the message still to come, as far as its prefix has come. */
  #remaining = 0

  override send(request: number): void {
    this.messages = 0
    this.#prefix = 0
    this.#remaining = 0
    super.send(request)
  }

  override data(bytes: Buffer, from: number, to: number, last: boolean): boolean {
    let at = this.refusal === null ? from : to
    while (at < to) {
      if (this.#prefix < prefixBytes) {
        const byte = bytes[at++] as number
        if (this.#prefix > 0) this.#remaining = this.#remaining * 256 + byte
        else if (byte > 0) return this.noMessage(byte)
        if (++this.#prefix < prefixBytes) continue
      } else {
        const taken = Math.min(this.#remaining, to - at)
        this.messagePart(bytes, at)
        this.#remaining -= taken
        at += taken
      }
      if (this.#remaining === 0) this.#message()
    }
    return super.data(bytes, from, to, last)
  }

  protected override missing(): string | null {
    return this.#prefix > 0 ? endsEarly : null
  }

  #message(): void {
    this.#prefix = 0
    if (++this.messages === 1) this.owner.began(this)
    this.messageEnded()
  }

  /** A message of the reply begins, or continues, at this place. */
  protected messagePart(_bytes: Buffer, _at: number): void {}

  /** A message of the reply has ended. */
  protected messageEnded(): void {}
}

/** A stream whose calls send a message, wait for one, and send the next. */
export class PingPongStream extends MessageStream {
  protected override messageEnded(): void {
    this.connection?.sendNext(this)
  }
}
