import { createPrivateKey, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { createAuthority, workloadUri } from './certificates.ts'

test('an identity carries its URI and nothing else, is short-lived, and vouched for by its own authority', async () => {
  const [authority, stranger] = await Promise.all([createAuthority(), createAuthority()])
  const { certificate, privateKey } = await authority.issue(workloadUri('run-1 a', 'http-echo'))
  const leaf = new X509Certificate(certificate)
  const ca = new X509Certificate(authority.certificate)
  expect(leaf.subjectAltName).toBe('URI:spiffe://meshmark.local/ns/run-1%20a/sa/http-echo')
  expect(leaf.ca).toBe(false)
  expect(ca.ca).toBe(true)
  expect(leaf.verify(ca.publicKey)).toBe(true)
  expect(leaf.verify(new X509Certificate(stranger.certificate).publicKey)).toBe(false)
  expect(leaf.checkPrivateKey(createPrivateKey(privateKey))).toBe(true)
  expect(leaf.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
  expect(leaf.validToDate.getTime() - Date.now()).toBeLessThanOrEqual(24 * 3_600_000)
})
