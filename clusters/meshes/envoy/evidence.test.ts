import { expect, test } from 'vitest'
import { judge, type Observation } from './evidence.ts'

const good: Observation = {
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
  expect(judge(good)).toMatchObject({
    summary: 'mTLS: 995 requests over 12 handshakes',
    facts: { handshakes: 12, handshakesInTrial: 4 },
    mismatches: [],
  })
})

test.each<[string, Partial<Observation>, string]>([
  ['an answer in plain text', { plaintext: { answered: 200 } }, 'answered plain text with status 200'],
  ['an answer to a stranger', { anonymous: { answered: 200 } }, 'answered a connection without a client certificate'],
  ['a closed port', { plaintext: 'unreachable' }, 'nothing listens on the inbound port'],
  ['requests past the sidecars', { requestsSent: 1020 }, "The client's sidecar counted 1000 requests where 1020 were"],
  ['no handshake', { after: { ...good.after, server: { ...good.after.server, handshakes: 0 } } }, 'no TLS handshake'],
])('%s does not', (_, difference, mismatch) => {
  expect(judge({ ...good, ...difference }).mismatches.join('\n')).toContain(mismatch)
})
