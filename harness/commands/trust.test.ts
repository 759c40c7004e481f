import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exitCodes } from '../exit-codes.ts'
import { meshmark } from '../run/testing.ts'
import { testFolder } from '../testing-folder.ts'
import { commandLine } from './testing.ts'

test('its help has examples and says how long it takes', async () => {
  const { exitCode, stdout } = await commandLine(['trust', '--help'])
  expect(exitCode).toBe(exitCodes.pass)
  expect(stdout).toContain('meshmark trust --minutes 180')
  expect(stdout).toContain('A table needs hours to fill')
})

test('every wrong flag is named, and nothing is started', async () => {
  const out = join(testFolder(), 'out')
  const wrong = ['--minutes', '-1', '--rate', 'fast', '--redraws', '1.5']
  const { exitCode, stderr } = await commandLine(['trust', ...wrong, '--out', out])
  expect(exitCode).toBe(exitCodes.usage)
  for (const text of [
    'minutes: received -1; at least 0',
    'rate: received "fast"; a number',
    'redraws: received 1.5; a whole number',
  ])
    expect(stderr).toContain(text)
  expect(existsSync(out)).toBe(false)
})

test('without a session there is no report', async () => {
  const out = join(testFolder(), 'out')
  const { exitCode, stdout } = await meshmark(['trust', '--minutes', '0', '--out', out])
  expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.pass, stdout: 'nothing has been measured yet' })
  expect(existsSync(out)).toBe(false)
})
