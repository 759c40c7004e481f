import { expect, test } from 'vitest'
import { z } from 'zod'
import { fields, wrongFields } from './settings.ts'

const schema = fields({
  a: z.int('a whole number').min(1, 'at least 1'),
  b: fields({ c: z.string('a text') }),
}).superRefine(({ a, b }, context) => {
  const issue = (path: string[], message: string) => context.addIssue({ code: 'custom', path, input: a, message })
  issue(['a'], 'not beside b')
  issue(['b'], 'not beside a')
  issue([], 'not so')
  if (b.c !== 'x') issue(['b', 'c'], 'x')
})
const wrong = (input: unknown) => {
  const { error } = schema.safeParse(input, { reportInput: true })
  return error === undefined ? '' : wrongFields(error, 'it', input)
}

test('of a field, and of what it is a part of, the first fault is told', () => {
  const rules = z.object({ a: z.number() }).superRefine(({ a }, context) => {
    for (const message of ['at least 1', 'none here'])
      context.addIssue({ code: 'custom', path: ['a'], input: a, message })
    context.addIssue({ code: 'custom', path: ['b', 0], input: 3, message: 'small' })
    context.addIssue({ code: 'custom', path: ['b'], input: [3], message: 'fewer' })
    context.addIssue({ code: 'custom', path: ['ba'], input: 1, message: 'another' })
    context.addIssue({ code: 'custom', path: [], input: 1, message: 'not so' })
  })
  const { error } = rules.safeParse({ a: -1 }, { reportInput: true })
  expect(wrongFields(error as z.ZodError, 'it', { a: -1 })).toBe(
    'it: 4 wrong fields\n  a: received -1; at least 1\n  b.0: received 3; small\n  ba: received 1; another\n  (value): received 1; not so',
  )
})

test('every field is told', () => {
  expect(wrong({ a: 0, b: { c: 1, d: 2 } })).toBe(
    'it: 3 wrong fields\n  a: received 0; at least 1\n  b.c: received 1; a text\n  b.d: no such field; one of: c',
  )
  expect(wrong({ a: 1, b: { c: 'y' } })).toContain('it: 4 wrong fields')
})

test('where there are no fields at all, that is said', () => {
  const { error } = fields({}, 'setting').safeParse({ mtls: 'off' }, { reportInput: true })
  expect(wrongFields(error as z.ZodError, 'it', { mtls: 'off' })).toBe(
    'it: 1 wrong field\n  mtls: no such setting; there are none',
  )
})
