import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { text } from 'node:stream/consumers'
import { HarnessError } from '../../errors.ts'
import { type Header, withOwn } from '../../load/headers.ts'
import { type Destination, secureOptions, socketFailure } from '../transport.ts'

/**
 * Sends one request outside the load, by the way that the load will take. Returns the body of its reply. Throws HarnessError
 * LOAD_FAILED unless the reply is a 200 within `timeoutMs`.
 */
export async function requestOnce(
  { host, port, spec }: Destination,
  headers: readonly Header[],
  method: 'GET' | 'POST',
  path: string,
  body = '',
  timeoutMs = 10_000,
): Promise<string> {
  const failed = (reason: string, cause?: unknown) =>
    new HarnessError('LOAD_FAILED', `${method} ${path}, before the load: ${reason}`, { cause })
  const url = new URL(spec.url)
  const options = {
    host,
    port,
    method,
    path,
    headers: withOwn([['host', url.host]], headers).flat(),
    timeout: timeoutMs,
  }
  const reply = await new Promise<{ status: number; body: string }>((resolve, reject) => {
    const sent =
      url.protocol === 'https:'
        ? secure({ ...options, ...secureOptions(spec, []) })
        : plain({ ...options, agent: false })
    sent.on('error', (error) => reject(failed(socketFailure(error), error)))
    sent.on('timeout', () => sent.destroy(new Error(`no reply within ${timeoutMs} ms`)))
    sent.on('response', (response) => {
      text(response).then((read) => resolve({ status: response.statusCode ?? 0, body: read }), reject)
    })
    sent.end(body)
  })
  if (reply.status === 200) return reply.body
  throw failed(`status ${reply.status}: ${reply.body.slice(0, 300)}`)
}
