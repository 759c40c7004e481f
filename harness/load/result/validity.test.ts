import { expect, test } from 'vitest'
import { brokenRules, type LoadCounts } from './validity.ts'

const broken = (counts: Partial<LoadCounts>) =>
  brokenRules({ requests: 100, answered: 100, errors: {}, ...counts }).map(({ code, text }) => [code, text])

test('a load of replies, few errors and all connections breaks no rule', () => {
  expect(broken({})).toEqual([])
  expect(broken({ answered: 95, errors: { http_5xx: 5, timeout: 5 } })).toEqual([])
  expect(broken({ keptConnections: { asked: 50, had: 50, open: 3 }, failedConnections: { connect: 9 } })).toEqual([])
})

test('a load of failures is not fast', () => {
  expect(broken({ errors: { http_5xx: 11 } })).toEqual([
    ['errors_above_limit', '11 % of the requests failed, above 10 %'],
  ])
})

test('a load that was not answered says what became of its requests', () => {
  const errorWords = { timeout: 'no reply within 1 s', closed: 'read ECONNRESET' }
  expect(broken({ answered: 0, errors: { closed: 1, timeout: 1200 }, errorWords })).toEqual([
    ['nothing_answered', 'nothing was answered; timeout 1,200 (no reply within 1 s), closed 1 (read ECONNRESET)'],
  ])
  expect(broken({ requests: 0, answered: 0, failedConnections: { tls: 3 } })).toEqual([
    ['nothing_answered', 'nothing was answered; tls 3'],
  ])
  expect(broken({ requests: 0, answered: 0 })).toEqual([['nothing_answered', 'nothing was answered; no request ended']])
})

test('replies that no request waited for spoil the latencies that they may be', () => {
  expect(broken({ sent: 1000, surplus: { replies: 2, doubtful: 10 } })).toEqual([])
  expect(broken({ sent: 1000, surplus: { replies: 3, doubtful: 0 } })).toEqual([])
  expect(broken({ sent: 1000, surplus: { replies: 1, doubtful: 50 } })).toEqual([
    [
      'surplus_replies',
      "the server answered more often than it was asked: 1 reply came that no request waited for, and 5 % of the requests, above 1 %, may have been taken as answered by another's",
    ],
  ])
})

test('connections that could not be had are missing, whatever the requests came to', () => {
  const keptConnections = { asked: 50, had: 5, open: 5 }
  const [reason] = broken({
    ...{ keptConnections, failedConnections: { closed: 45 } },
    errorWords: { closed: 'it ended within 100 ms, without a reply' },
  })
  expect(reason).toEqual([
    'connections_missing',
    '5 of the 50 connections could be had; closed 45 (it ended within 100 ms, without a reply)',
  ])
  expect(broken({ keptConnections })[0]?.[1]).toContain('the others had not been opened by the end')
})
