import { connect } from 'node:http2'
import type { Pod } from '../provider.ts'

export interface CallReply {
  status: string | undefined
  /** The message of a status other than 0. */
  text: string
  messages: Buffer[]
  ms: number
}

/** Makes one call with these messages to a pod's port `grpc`. Returns all of its reply. */
export async function call(
  pod: Pick<Pod, 'host' | 'ports'>,
  method: string,
  messages: readonly Uint8Array[],
  headers = {},
): Promise<CallReply> {
  const session = connect(`http://${pod.host}:${pod.ports.grpc}`)
  const startedAt = performance.now()
  const stream = session.request({
    ':method': 'POST',
    ':path': `/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  })
  let last: Record<string, unknown> = {}
  stream.on('response', (head) => {
    last = head
  })
  stream.on('trailers', (trailers) => {
    last = trailers
  })
  for (const message of messages) {
    const prefix = Buffer.alloc(5)
    prefix.writeUInt32BE(message.length, 1)
    stream.write(Buffer.concat([prefix, message]))
  }
  stream.end()
  let received = Buffer.concat(await stream.toArray())
  session.close()
  const parts: Buffer[] = []
  while (received.length > 0) {
    const end = 5 + received.readUInt32BE(1)
    parts.push(received.subarray(5, end))
    received = received.subarray(end)
  }
  const status = last['grpc-status'] as string | undefined
  const text = decodeURIComponent(String(last['grpc-message'] ?? ''))
  return { status, text, messages: parts, ms: performance.now() - startedAt }
}
