import { MessageStream } from '../grpc/stream.ts'
import type { Http2ReplyHead } from '../http2/reply-head.ts'

/** A ModelStreamInferResponse that begins so carries an error. */
const errorKey = 0x0a

/** A stream that carries calls whose reply is a message a token; a message may carry an error instead. */
export class TokenStream extends MessageStream {
  #within = false
  #failed = false

  override get refusalWords(): string {
    return this.#failed ? 'a message of the stream was an error' : super.refusalWords
  }

  override send(request: number): void {
    this.#within = false
    this.#failed = false
    super.send(request)
  }

  protected override messagePart(bytes: Buffer, at: number): void {
    if (!this.#within && bytes[at] === errorKey) this.#failed = true
    this.#within = true
  }

  protected override messageEnded(): void {
    this.#within = false
  }

  protected override trailed(head: Http2ReplyHead | null): boolean {
    if (!super.trailed(head)) return false
    if (this.#failed) this.refusal ??= 'grpc_unknown'
    // A stream without a token is no reply to the request.
    else if (this.messages === 0) this.refusal ??= 'protocol'
    return true
  }
}
