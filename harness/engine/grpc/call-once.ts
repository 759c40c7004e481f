import { HarnessError } from '../../errors.ts'
import type { Header } from '../../load/headers.ts'
import { grpcErrorKind } from '../../load/protocols/grpc-status.ts'
import { type Destination, socketFailure } from '../transport.ts'
import { framed } from './request.ts'
import { beginCall, openSession } from './session.ts'

const prefixBytes = 5

/**
 * Makes one call of one message, outside the load. Returns the messages of its reply. Throws HarnessError LOAD_FAILED unless it
 * ends with status OK within `timeoutMs`.
 */
export async function callOnce(
  spec: Destination['spec'],
  metadata: readonly Header[],
  method: string,
  message: Uint8Array,
  timeoutMs = 10_000,
): Promise<Buffer[]> {
  const session = openSession(spec)
  const failed = (reason: string, cause?: unknown) =>
    new HarnessError('LOAD_FAILED', `${method}, before the load: ${reason}`, { cause })
  const broken = Promise.withResolvers<never>()
  session.on('error', (error) => broken.reject(failed(socketFailure(error), error)))
  const late = setTimeout(() => broken.reject(failed(`no reply within ${timeoutMs} ms`)), timeoutMs)
  try {
    return await Promise.race([broken.promise, reply()])
  } finally {
    clearTimeout(late)
    session.destroy()
  }

  async function reply(): Promise<Buffer[]> {
    const stream = beginCall(session, method, metadata)
    let head: Record<string, unknown> = {}
    for (const event of ['response', 'trailers'] as const)
      stream.on(event, (headers) => {
        head = { ...head, ...headers }
      })
    stream.end(framed(message))
    let received = Buffer.alloc(0)
    try {
      received = Buffer.concat(await stream.toArray())
    } catch (error) {
      throw failed(socketFailure(error as Error), error)
    }
    const status = head['grpc-status']
    if (status === undefined) throw failed(`no gRPC status, and HTTP status ${head[':status']}`)
    const kind = grpcErrorKind(Number(status))
    if (kind !== null) throw failed(`${kind}: ${decoded(String(head['grpc-message'] ?? ''))}`)
    return messagesIn(received)
  }
}

/** A text that is not percent-encoded, as gRPC wants it, is returned as it came. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function messagesIn(received: Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (let at = 0; at + prefixBytes <= received.length; ) {
    const end = at + prefixBytes + received.readUInt32BE(at + 1)
    messages.push(received.subarray(at + prefixBytes, end))
    at = end
  }
  return messages
}
