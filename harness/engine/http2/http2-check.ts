import net from 'node:net'
import tls from 'node:tls'
import { isSecure } from '../../load/schemes.ts'
import { type Destination, secureOptions, unfitChoice } from '../transport.ts'
import { frameHeaderBytes, frameTypes, preface } from './frames.ts'

/** What is offered in a TLS handshake (RFC 9113, section 3.2). */
export const alpn: readonly string[] = ['h2']

/**
 * What a server says to the preface of HTTP/2, or to HTTP/2 in the handshake of TLS, when that is no HTTP/2: a few words that
 * tell it. null when it is, and when there is no connection, no handshake or no answer, which the load itself will show.
 */
export async function whyNotHttp2({ host, port, spec }: Destination, timeoutMs: number): Promise<string | null> {
  const secure = isSecure(spec.url)
  const socket = secure ? tls.connect({ host, port, ...secureOptions(spec, alpn) }) : net.connect({ host, port })
  let refusal: string | null = null
  let received = Buffer.alloc(0)
  socket.setTimeout(timeoutMs, () => socket.destroy())
  socket.on(secure ? 'secureConnect' : 'connect', () => {
    refusal = secure ? unfitChoice(socket as tls.TLSSocket, alpn) : null
    if (refusal === null) socket.write(preface)
    else socket.destroy()
  })
  socket.on('data', (data) => {
    received = Buffer.concat([received, data])
    if (received.length >= frameHeaderBytes) socket.destroy()
  })
  socket.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL') refusal = 'TLS without h2: the server refused it (ALPN)'
  })
  socket.on('end', () => socket.destroy())
  // Not `once`, which rejects when the target refuses.
  await new Promise((resolve) => socket.on('close', resolve))
  if (refusal !== null) return refusal
  if (received.length === 0 || received[3] === frameTypes.settings) return null
  const [line = ''] = received.toString('latin1').split('\r\n')
  return /^HTTP\/1\.\d /.test(line) ? `it answered "${line.slice(0, 60)}"` : 'it answered with something else'
}
