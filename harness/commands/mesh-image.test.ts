import { expect, test } from 'vitest'
import { exitCodes } from '../exit-codes.ts'
import { commandLine } from './testing.ts'

test.for([
  [['istoi'], '  mesh: received "istoi"; one of: envoy, istio, cilium, consul'],
  [['istio', '--version', 'latest'], '  version: received "latest"; a release such as 1.31.0'],
  [['envoy', '--version', '1.39.0'], '  version: received "1.39.0"; 1.40.0: its packages are pinned by hash'],
  [['envoy', '--dir', '/dev/null'], '--dir /dev/null cannot be written: it is no folder'],
] as [string[], string][])('%j is wrong use, before anything starts', async ([args, message]) => {
  const { exitCode, stdout, stderr } = await commandLine(['mesh-image', ...args])
  expect(exitCode).toBe(exitCodes.usage)
  expect(stdout).toBe('')
  expect(stderr).toContain(message)
})

test('its help has examples and says what it needs', async () => {
  const { exitCode, stdout } = await commandLine(['mesh-image', '--help'])
  expect(exitCode).toBe(exitCodes.pass)
  expect(stdout).toContain('meshmark mesh-image istio')
  expect(stdout).toContain('Needs Docker')
})
