import { webcrypto } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { beforeAll } from 'vitest'
import { listen } from '../engine/testing-listen.ts'
import { okReply } from './testing.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const dayMs = 86_400_000

/** Files, and what is in them. */
export interface Credentials {
  certFile: string
  keyFile: string
  cert: string
  key: string
}

/** An authority for tests; its files go when it is disposed of. */
export interface TestAuthority extends Disposable {
  caFile: string
  ca: string
  folder: string
  /** For localhost and 127.0.0.1, unless `names` are others. */
  issue(options?: { names?: readonly string[]; expired?: boolean }): Promise<Credentials>
}

export async function testAuthority(): Promise<TestAuthority> {
  const folder = mkdtempSync(join(tmpdir(), 'meshmark-tls-'))
  const keys = await newKeys()
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=test authority',
    ...validity(false),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  })
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  let issued = 0
  return {
    folder,
    ca: ca.toString('pem'),
    caFile: write('ca.pem', ca.toString('pem')),
    async issue({ names = ['localhost', '127.0.0.1'], expired = false } = {}) {
      const own = await newKeys()
      const type = (name: string) => (/^[\d.]+$/.test(name) ? 'ip' : 'dns')
      const certificate = await x509.X509CertificateGenerator.create({
        issuer: ca.subject,
        subject: 'CN=test',
        ...validity(expired),
        signingAlgorithm: algorithm,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: type(value), value })))],
      })
      const cert = certificate.toString('pem')
      const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', own.privateKey), 'PRIVATE KEY')
      issued++
      return { cert, key, certFile: write(`${issued}.pem`, cert), keyFile: write(`${issued}.key`, key) }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}

/** For a test file: an authority, and what it has issued to a server and a client, there once the tests begin. */
export function testCredentials(): { authority: TestAuthority; server: Credentials; client: Credentials } {
  const all = {} as { authority: TestAuthority; server: Credentials; client: Credentials }
  beforeAll(async () => {
    const authority = await testAuthority()
    const [server, client] = await Promise.all([authority.issue(), authority.issue({ names: ['client'] })])
    Object.assign(all, { authority, server, client })
    return () => authority[Symbol.dispose]()
  })
  return all
}

/** A TLS server on loopback that replies to every request; counts handshakes. */
export async function tlsServer(options: tls.TlsOptions) {
  const handshakes = { full: 0, resumed: 0 }
  const server = tls.createServer(options, (socket) => {
    handshakes[socket.isSessionReused() ? 'resumed' : 'full']++
    socket.on('error', () => {})
    socket.on('data', () => socket.write(okReply))
  })
  const listening = await listen(server)
  return { ...listening, server, url: `https://127.0.0.1:${listening.port}/`, handshakes }
}

function validity(expired: boolean) {
  const now = Date.now()
  return { notBefore: new Date(now - 2 * dayMs), notAfter: new Date(now + (expired ? -dayMs : dayMs)) }
}

const newKeys = () =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>
