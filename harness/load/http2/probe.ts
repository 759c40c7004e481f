import net from 'node:net'
import { frameHeaderBytes, preface, types } from './frames.ts'

/**
 * What a server says to the preface of HTTP/2, when that is no HTTP/2: a few words that tell it. null when it is, and when
 * there is no connection or no answer, which the load itself will show.
 */
export async function answerOtherThanHttp2(
  to: { host: string; port: number },
  timeoutMs: number,
): Promise<string | null> {
  const socket = net.connect({ host: to.host, port: to.port })
  let received = Buffer.alloc(0)
  socket.setTimeout(timeoutMs, () => socket.destroy())
  socket.on('connect', () => socket.write(preface))
  socket.on('data', (data) => {
    received = Buffer.concat([received, data])
    if (received.length >= frameHeaderBytes) socket.destroy()
  })
  socket.on('error', () => {})
  socket.on('end', () => socket.destroy())
  // Not `once`, which rejects when the target refuses.
  await new Promise((resolve) => socket.on('close', resolve))
  if (received.length === 0 || received[3] === types.settings) return null
  const [line = ''] = received.toString('latin1').split('\r\n')
  return /^HTTP\/1\.\d /.test(line) ? `it answered "${line.slice(0, 60)}"` : 'it answered with something else'
}
