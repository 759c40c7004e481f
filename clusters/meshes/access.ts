import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ClusterError } from '../errors.ts'
import type { GetOptions, Pod } from '../provider.ts'
import type { Identity } from './certificates.ts'

/** What a GET from outside an arm got: an HTTP status; no reply, though the port is open; or no connection. */
export type Access = { status: number } | 'refused' | 'unreachable'

const limitMs = 3000

/** A GET on a pod's port. */
export async function tryPod(pod: Pick<Pod, 'get'>, port: string | number, options: GetOptions = {}): Promise<Access> {
  try {
    const { status } = await pod.get(port, '/', options)
    return { status }
  } catch (error) {
    return error instanceof ClusterError && error.code === 'CLUSTER_UNREACHABLE' ? 'unreachable' : 'refused'
  }
}

/** A GET in plain text. */
export function tryPlain(host: string, port: number, timeoutMs = limitMs): Promise<Access> {
  return sendGet(host, connectTcp({ host, port }), 'connect', timeoutMs)
}

/** A GET over TLS with a certificate of ours; the server's is not checked. */
export function tryWithCertificate(
  { certificate: cert, privateKey: key }: Identity,
  host: string,
  port: number,
): Promise<Access> {
  return sendGet(host, connectTls({ host, port, cert, key, rejectUnauthorized: false }), 'secureConnect', limitMs)
}

function sendGet(
  host: string,
  socket: Socket,
  opened: 'connect' | 'secureConnect',
  timeoutMs: number,
): Promise<Access> {
  return new Promise((resolve) => {
    let reached = false
    let text = ''
    const done = () => {
      socket.destroy()
      const [, status] = /^HTTP\/1\.\d (\d{3})/.exec(text) ?? []
      resolve(status ? { status: Number(status) } : reached ? 'refused' : 'unreachable')
    }
    socket.setTimeout(timeoutMs, done)
    socket.once('connect', () => {
      reached = true
    })
    socket.once(opened, () => socket.write(`GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`))
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      text += chunk
      if (text.length >= 'HTTP/1.1 200'.length) done()
    })
    socket.on('error', done)
    socket.on('close', done)
  })
}
