import { HarnessError } from '../../errors.ts'
import { grpcErrorKind } from '../../load/protocols/grpc-status.ts'
import { type Destination, socketFailure } from '../transport.ts'
import { framed } from './request.ts'
import { beginCall, openSession } from './session.ts'

const prefixBytes = 5

/**
 * One call outside the load, of one message: the messages of its reply. Throws HarnessError LOAD_FAILED unless it ends with status
 * OK, within `timeoutMs`.
 */
export async function askCall(
  spec: Destination['spec'],
  metadata: Record<string, string>,
  method: string,
  message: Uint8Array,
  timeoutMs = 10_000,
): Promise<Buffer[]> {
  const session = openSession(spec)
  const failed = (reason: string, cause?: unknown) =>
    new HarnessError('LOAD_FAILED', `${method}, before the load: ${reason}`, { cause })
  const broken = Promise.withResolvers<never>()
  session.on('error', (error) => broken.reject(failed(socketFailure(error), error)))
  const late = setTimeout(() => broken.reject(failed(`no answer within ${timeoutMs} ms`)), timeoutMs)
  try {
    return await Promise.race([broken.promise, reply()])
  } finally {
    clearTimeout(late)
    session.destroy()
  }

  async function reply(): Promise<Buffer[]> {
    const stream = beginCall(session, method, metadata)
    let told: Record<string, unknown> = {}
    for (const event of ['response', 'trailers'] as const)
      stream.on(event, (headers) => {
        told = { ...told, ...headers }
      })
    stream.end(framed(message))
    let received = Buffer.alloc(0)
    try {
      received = Buffer.concat(await stream.toArray())
    } catch (error) {
      throw failed(socketFailure(error as Error), error)
    }
    const status = told['grpc-status']
    if (status === undefined) throw failed(`no status of gRPC, and status ${told[':status']} of HTTP`)
    const kind = grpcErrorKind(Number(status))
    if (kind !== null) throw failed(`${kind}: ${decoded(String(told['grpc-message'] ?? ''))}`)
    return messagesIn(received)
  }
}

/** Servers that do not encode their words as asked are read as they are. */
function decoded(words: string): string {
  try {
    return decodeURIComponent(words)
  } catch {
    return words
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
