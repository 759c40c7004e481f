import { expect, test } from 'vitest'
import { type EnvoyObservation, envoyEvidence } from './evidence.ts'

const good: EnvoyObservation = {
  settings: { mtls: 'strict', l7Policy: false },
  requestsSent: 1000,
  before: {
    client: { requests: 500, handshakes: 8, active: 8, allowed: 0 },
    server: { requests: 500, handshakes: 8, active: 8, allowed: 0 },
  },
  after: {
    client: { requests: 1500, handshakes: 12, active: 8, allowed: 0 },
    server: { requests: 1495, handshakes: 12, active: 8, allowed: 0 },
  },
  plaintext: 'refused',
  anonymous: 'refused',
}

test('counters within 1 % of what was sent, handshakes and two refusals fit the arm', () => {
  expect(envoyEvidence(good)).toMatchObject({
    summary: 'mTLS: 995 requests over 12 handshakes',
    facts: { handshakes: 12, handshakesInTrial: 4 },
    mismatches: [],
  })
})

test.each<[string, Partial<EnvoyObservation>, string]>([
  ['an answer in plain text', { plaintext: { status: 200 } }, 'answered plain text with status 200'],
  ['an answer to a stranger', { anonymous: { status: 200 } }, 'answered a connection without a client certificate'],
  ['a closed port', { plaintext: 'unreachable' }, 'nothing listens on the inbound port'],
  ['requests past the sidecars', { requestsSent: 1020 }, "The client's sidecar counted 1000 requests where 1020 were"],
  ['no handshake', { after: { ...good.after, server: { ...good.after.server, handshakes: 0 } } }, 'no TLS handshake'],
])('%s does not', (_, difference, mismatch) => {
  expect(envoyEvidence({ ...good, ...difference }).mismatches.join('\n')).toContain(mismatch)
})

test('of TCP streams the bytes are counted, and no GET is expected to be answered', () => {
  const streams: EnvoyObservation = { ...good, settings: { ...good.settings, traffic: 'tcp' } }
  expect(envoyEvidence(streams)).toMatchObject({
    summary: 'mTLS: 995 bytes over 12 handshakes',
    facts: { bytesSent: 1000, bytesAtServerSidecar: 995 },
    mismatches: [],
  })
  expect(envoyEvidence({ ...streams, requestsSent: 1020 }).mismatches.join()).toContain(
    'counted 1000 bytes where 1020 were sent',
  )
  const none = (counters: EnvoyObservation['after']) => ({ ...counters, server: { ...counters.server, handshakes: 0 } })
  const plain = { ...streams, settings: { mtls: 'off', l7Policy: false, traffic: 'tcp' } } as const
  expect(envoyEvidence({ ...plain, before: none(good.before), after: none(good.after) }).mismatches).toEqual([])
})
