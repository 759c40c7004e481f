import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'

export const status = {
  ok: 0,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  unimplemented: 12,
  unavailable: 14,
}

const prefixBytes = 5
const maxMessageBytes = 64 * 1024 * 1024
const unitMs: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

/** One gRPC call, from the server's side. */
export class ServerCall {
  readonly #stream: ServerHttp2Stream
  #begun = false
  #over = false

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.#stream = stream
    // A client may give up at any time.
    stream.on('error', () => {})
    const limitMs = timeoutMs(headers['grpc-timeout'])
    if (limitMs === null) return
    const timer = setTimeout(() => this.end(status.deadlineExceeded, 'deadline exceeded'), limitMs)
    stream.on('close', () => clearTimeout(timer))
  }

  /** Whether a reply can still be sent. */
  get open(): boolean {
    return !this.#over && !this.#stream.destroyed
  }

  /** Calls `onMessage` for each message of the client, then `onEnd`. An Error thrown by `onMessage` ends the call as INVALID_ARGUMENT. */
  read(onMessage: (message: Buffer) => void, onEnd: () => void): void {
    let pending: Buffer = Buffer.alloc(0)
    this.#stream.on('data', (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
      while (pending.length >= prefixBytes) {
        const length = pending.readUInt32BE(1)
        if (pending[0] !== 0 || length > maxMessageBytes)
          return this.end(status.unimplemented, 'compressed, or too large')
        if (pending.length < prefixBytes + length) return
        const message = pending.subarray(prefixBytes, prefixBytes + length)
        pending = pending.subarray(prefixBytes + length)
        try {
          onMessage(message)
        } catch (error) {
          return this.end(status.invalidArgument, (error as Error).message)
        }
      }
    })
    this.#stream.on('end', () => {
      if (this.open) onEnd()
    })
  }

  send(message: Buffer): void {
    if (!this.open) return
    this.#begin()
    this.#stream.write(framed(message))
  }

  /** Ends the call, with a last message where there is one. */
  end(code: number, text = '', message?: Buffer): void {
    if (!this.open) return
    this.#over = true
    const trailers = {
      'grpc-status': String(code),
      ...(text === '' ? {} : { 'grpc-message': encodeURIComponent(text) }),
    }
    if (!this.#begun && message === undefined) {
      this.#stream.respond({ 'content-type': 'application/grpc', ...trailers }, { endStream: true })
      return
    }
    this.#begin()
    this.#stream.on('wantTrailers', () => this.#stream.sendTrailers(trailers))
    if (message === undefined) this.#stream.end()
    else this.#stream.end(framed(message))
  }

  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    this.#stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true })
  }
}

function framed(message: Buffer): Buffer {
  const whole = Buffer.alloc(prefixBytes + message.length)
  whole.writeUInt32BE(message.length, 1)
  whole.set(message, prefixBytes)
  return whole
}

/** Returns null without a header, or when it is malformed. */
function timeoutMs(header: string | string[] | undefined): number | null {
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(String(header)) ?? []
  return digits === undefined ? null : Number(digits) * (unitMs[unit] as number)
}
