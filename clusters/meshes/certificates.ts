import { webcrypto } from 'node:crypto'

/** A certificate and its key, both PEM. */
export interface Identity {
  certificate: string
  privateKey: string
}

export interface Authority {
  /** PEM of the certificate that vouches for all identities issued here. */
  certificate: string
  /** Issues a certificate for both ends of a connection, with `uri` as its only name. */
  issue(uri: string): Promise<Identity>
}

/** The name of a workload in the way of SPIFFE. */
export function workloadUri(namespace: string, name: string): string {
  return `spiffe://meshmark.local/ns/${encodeURIComponent(namespace)}/sa/${encodeURIComponent(name)}`
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const hour = 3_600_000
const lifeMs = 24 * hour
/** Clocks of a cluster's machines differ. */
const backdatedMs = hour / 12

/** Makes a certificate authority of its own (ECDSA P-256, valid for a day); its key never leaves this process. */
export async function createAuthority(): Promise<Authority> {
  const x509 = await library()
  const keys = await newKeys()
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=meshmark run CA',
    ...validity(),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return {
    certificate: ca.toString('pem'),
    async issue(uri) {
      const own = await newKeys()
      const certificate = await x509.X509CertificateGenerator.create({
        issuer: ca.subject,
        ...validity(),
        signingAlgorithm: algorithm,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
          new x509.SubjectAlternativeNameExtension([{ type: 'url', value: uri }], true),
          await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ],
      })
      const privateKey = await webcrypto.subtle.exportKey('pkcs8', own.privateKey)
      return {
        certificate: certificate.toString('pem'),
        privateKey: x509.PemConverter.encode(privateKey, 'PRIVATE KEY'),
      }
    },
  }
}

function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - backdatedMs), notAfter: new Date(Date.now() + lifeMs) }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>
}

async function library() {
  // Only loaded by who needs certificates; the library looks for the polyfill while it loads.
  await import('reflect-metadata')
  return import('@peculiar/x509')
}
