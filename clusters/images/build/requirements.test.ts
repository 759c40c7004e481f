import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, expect } from 'vitest'
import { requireTools } from './requirements.ts'
import { shell } from './shell.ts'

/** A folder to be the whole PATH, with programs of these names that succeed. */
const test = base.extend('path', async ({ task }, { onCleanup }) => {
  const folder = await mkdtemp(join(tmpdir(), `meshmark-test-${task.id}-`))
  onCleanup(() => rm(folder, { recursive: true, force: true }))
  return async (...names: string[]) => {
    for (const name of names) {
      await writeFile(join(folder, name), '#!/bin/sh\n')
      await chmod(join(folder, name), 0o755)
    }
    return folder
  }
})

const engine = (version: string) => async () => version

test('everything that is missing is named at once, with how to get it', async ({ path }) => {
  const failure = await requireTools(
    shell(),
    'an image',
    ['go', 'gcc', 'debootstrap', 'clang-19'],
    await path(),
    1000,
  ).catch((error) => error)
  expect(failure.code).toBe('CLUSTER_UNAVAILABLE')
  for (const name of ['docker', 'go', 'debootstrap', 'gcc', 'clang-19'])
    expect(failure.message).toContain(`\n  ${name} is not on`)
  expect(failure.message).toContain('apt-get install debootstrap')
  expect(failure.message).toContain('https://go.dev/dl')
  expect(failure.message).toContain('\n  not root')
})

test('only what the build calls is asked for', async ({ path }) => {
  await expect(
    requireTools(engine('28.2.2'), 'an image', ['go'], await path('docker', 'go'), 1000),
  ).resolves.toBeUndefined()
})

test('an engine that does not answer is distinguished from a missing docker', async ({ path }) => {
  const folder = await path('docker', 'go', 'debootstrap')
  const programs = ['go', 'debootstrap'] as const
  await expect(requireTools(engine(''), 'an image', programs, folder, 0)).rejects.toThrow(
    /^an image cannot.*\n {2}the Docker engine does not answer/,
  )
  await expect(requireTools(engine('20.10.24'), 'an image', programs, folder, 0)).resolves.toBeUndefined()
})
