import net from 'node:net'
import tls from 'node:tls'
import { isSecure } from '../../load/schemes.ts'
import { type Destination, secureOptions, unfitChoice } from '../transport.ts'
import { frameHeaderBytes, frameTypes, preface } from './frames.ts'

/** What is offered in a TLS handshake (RFC 9113, section 3.2). */
export const alpn: readonly string[] = ['h2']

/**
 * Why a server does not speak HTTP/2, in a few words: what it replies to the preface, or chooses in the TLS handshake. null when it
 * speaks HTTP/2. Also null without a connection, a handshake or a reply: the load itself will show these.
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
