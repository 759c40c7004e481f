import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Identity } from './certificates.ts'

/** What a GET got on a raw connection: an HTTP status, no answer although the port is open, or no connection. */
export type Knock = { answered: number } | 'refused' | 'unreachable'

const patienceMs = 3000

/** Sends a GET in plain text. */
export function knockPlain(host: string, port: number, timeoutMs = patienceMs): Promise<Knock> {
  return knock(host, connectTcp({ host, port }), 'connect', timeoutMs)
}

/** Sends a GET over TLS as who the certificate says, to whatever server. */
export function knockAs({ certificate: cert, privateKey: key }: Identity, host: string, port: number): Promise<Knock> {
  return knock(host, connectTls({ host, port, cert, key, rejectUnauthorized: false }), 'secureConnect', patienceMs)
}

/** Whether a counter fits the number of requests sent: within 1 %, and never stricter than one request. */
export function agrees(counted: number, sent: number): boolean {
  return Math.abs(counted - sent) <= Math.max(1, sent * 0.01)
}

function knock(host: string, socket: Socket, opened: 'connect' | 'secureConnect', timeoutMs: number): Promise<Knock> {
  return new Promise((resolve) => {
    let reached = false
    let text = ''
    const done = () => {
      socket.destroy()
      const [, status] = /^HTTP\/1\.\d (\d{3})/.exec(text) ?? []
      resolve(status ? { answered: Number(status) } : reached ? 'refused' : 'unreachable')
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
