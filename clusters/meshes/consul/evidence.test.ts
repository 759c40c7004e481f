import { expect, test } from 'vitest'
import { withStranger } from './evidence.ts'

const evidence = { summary: 'mTLS', facts: { proxies: 2 }, mismatches: [] }

test('a stranger is to be refused by the intention, not by chance', () => {
  expect(withStranger(evidence, { status: 403 })).toEqual({
    summary: 'mTLS',
    facts: { proxies: 2, strangerRefused: true },
    mismatches: [],
  })
  const mismatch = (access: Parameters<typeof withStranger>[1]) => withStranger(evidence, access).mismatches
  expect(mismatch({ status: 200 })).toEqual([
    'A service without an intention was to be answered with status 403; it got: status 200.',
  ])
  expect(mismatch('refused')).toEqual([
    'A service without an intention was to be answered with status 403; it got: refused.',
  ])
})
