import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, expect } from 'vitest'
import { shell } from './shell.ts'
import { requireTools } from './tools.ts'

/** A folder to be the whole PATH, with programs of these names that succeed. */
const test = base.extend('path', async ({ task }, { onCleanup }) => {
  const folder = await mkdtemp(join(tmpdir(), `meshmark-test-${task.id}-`))
  onCleanup(() => rm(folder, { recursive: true, force: true }))
  return async (...names: string[]) => {
    for (const name of names) {
      await writeFile(join(folder, name), '#!/bin/sh\n')
      await chmod(join(folder, name), 0o755)
    }
    return { PATH: folder }
  }
})

const engine = (version: string) => async () => version

test('everything that is missing is named at once, with how to get it', async ({ path }) => {
  const failure = await requireTools(shell(), await path(), 1000).catch((error) => error)
  expect(failure.code).toBe('CLUSTER_UNAVAILABLE')
  for (const name of ['docker', 'go', 'debootstrap', 'gcc']) expect(failure.message).toContain(`\n  ${name} is not on`)
  expect(failure.message).toContain('apt-get install debootstrap')
  expect(failure.message).toContain('https://go.dev/dl')
  expect(failure.message).toContain('\n  not root')
})

test('an engine that does not answer is told from a missing docker', async ({ path }) => {
  const env = await path('docker', 'go', 'debootstrap', 'gcc')
  await expect(requireTools(engine(''), env, 0)).rejects.toThrow(
    /^a node image.*\n {2}the Docker engine does not answer/,
  )
  await expect(requireTools(engine('20.10.24'), env, 0)).resolves.toBeUndefined()
})
