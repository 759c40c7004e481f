import { expect, test } from 'vitest'
import { judgeStranger } from './evidence.ts'

const evidence = { summary: 'mTLS', facts: { proxies: 2 }, mismatches: [] }

test('a stranger is to be refused by the intention, not by chance', () => {
  expect(judgeStranger(evidence, { answered: 403 })).toEqual({
    summary: 'mTLS',
    facts: { proxies: 2, strangerRefused: true },
    mismatches: [],
  })
  const mismatch = (knock: Parameters<typeof judgeStranger>[1]) => judgeStranger(evidence, knock).mismatches
  expect(mismatch({ answered: 200 })).toEqual([
    'A service without an intention was to be answered with status 403; it got: status 200.',
  ])
  expect(mismatch('refused')).toEqual([
    'A service without an intention was to be answered with status 403; it got: refused.',
  ])
})
