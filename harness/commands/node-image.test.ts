import { expect, test } from 'vitest'
import { exitCodes } from '../exit-codes.ts'
import { commandLine } from './testing.ts'

test('what is wrong with the options is named at once, before anything starts', async () => {
  const args = ['--kubernetes', '1.34', '--mirror', 'ftp://example.com/debian']
  const { exitCode, stdout, stderr } = await commandLine(['node-image', ...args])
  expect(exitCode).toBe(exitCodes.usage)
  expect(stdout).toBe('')
  expect(stderr).toContain('  kubernetes: received "1.34"; a release such as v1.34.2\n')
  expect(stderr).toContain('  mirror: received "ftp://example.com/debian"; an http, https or file URL')
})

test('its help has examples and says what it needs', async () => {
  const { exitCode, stdout } = await commandLine(['node-image', '--help'])
  expect(exitCode).toBe(exitCodes.pass)
  expect(stdout).toContain('meshmark node-image --kubernetes v1.34.1')
  expect(stdout).toContain('Needs root, Docker, Go, debootstrap and gcc')
})
