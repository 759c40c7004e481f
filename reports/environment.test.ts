import os from 'node:os'
import { expect, test } from 'vitest'
import { fingerprint } from './environment.ts'
import { environmentSchema } from './record.ts'

test('the fingerprint fits the record and carries the versions', () => {
  const environment = fingerprint({ envoy: '1.36.2' })
  expect(environmentSchema.parse(environment)).toEqual(environment)
  expect(environment.versions).toEqual({ node: process.versions.node, envoy: '1.36.2' })
  expect(environment.memoryBytes).toBe(os.totalmem())
})

test('it does not give away whose machine it is', () => {
  const text = JSON.stringify(Object.values(fingerprint({})))
  expect(text).not.toContain(os.hostname())
  expect(text).not.toContain(os.homedir())
})
