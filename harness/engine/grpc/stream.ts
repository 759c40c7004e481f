import { grpcErrorKind } from '../../load/protocols/grpc-status.ts'
import type { Http2ReplyHead } from '../http2/reply-head.ts'
import { Http2Stream } from '../http2/stream.ts'

const prefixBytes = 5

/** A stream that carries gRPC calls whose reply is one message: only its end and its status are looked at. */
export class CallStream extends Http2Stream {
  protected override trailed(head: Http2ReplyHead | null): boolean {
    // A status of HTTP that is an error already says what went wrong.
    if (this.refusal !== null) return true
    if (head === null || head.grpcStatus < 0) return false
    this.refusal = grpcErrorKind(head.grpcStatus)
    return true
  }
}

/** A stream that carries gRPC calls whose reply is several messages, which are counted. */
export class MessageStream extends CallStream {
  /** Bytes of the next message's prefix that are there; the length that they tell so far, less what came. */
  #prefix = 0
  #remaining = 0

  override send(request: number): void {
    this.messages = 0
    this.#prefix = 0
    this.#remaining = 0
    super.send(request)
  }

  override data(bytes: Buffer, from: number, to: number, last: boolean): boolean {
    let at = from
    while (at < to) {
      if (this.#prefix < prefixBytes) {
        const byte = bytes[at++] as number
        if (this.#prefix > 0) this.#remaining = this.#remaining * 256 + byte
        else if (byte > 1) return false
        if (++this.#prefix < prefixBytes) continue
      } else {
        const taken = Math.min(this.#remaining, to - at)
        this.part(bytes, at)
        this.#remaining -= taken
        at += taken
      }
      if (this.#remaining === 0) this.#message()
    }
    return super.data(bytes, from, to, last)
  }

  #message(): void {
    this.#prefix = 0
    if (++this.messages === 1) this.owner.began(this)
    this.answered()
  }

  /** A message of the reply begins, or goes on, at this place. */
  protected part(_bytes: Buffer, _at: number): void {}

  /** A message of the reply is there. */
  protected answered(): void {}
}

/** A stream whose calls send a message, wait for one, and send the next. */
export class PingPongStream extends MessageStream {
  protected override answered(): void {
    this.connection?.sendNext(this)
  }
}
