import { expect, test } from 'vitest'
import { exitCodes } from '../exit-codes.ts'
import { commandLine } from './testing.ts'

test('its help has examples and says what it needs', async () => {
  const { exitCode, stdout } = await commandLine(['tool-image', '--help'])
  expect(exitCode).toBe(exitCodes.pass)
  expect(stdout).toContain('docker push')
  expect(stdout).toContain('Needs Docker')
  expect(stdout).toContain('clusterSettings: { toolImage }')
})
