import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test as base, expect } from 'vitest'
import { meshClis as tools } from '../meshes/index.ts'
import { meshCliAvailability } from './availability.ts'
import { meshCliPath } from './find.ts'

const test = base.extend('env', async ({ task }, { onCleanup }) => {
  const HOME = await mkdtemp(join(tmpdir(), `meshmark-test-${task.id}-`))
  onCleanup(() => rm(HOME, { recursive: true, force: true }))
  return { HOME, PATH: '/usr/bin:/bin' }
})

test('a missing tool is reported with every way to get it', async ({ env }) => {
  expect(await meshCliAvailability(tools.istioctl, env)).toEqual({
    available: false,
    reason: 'no istioctl on PATH or in the cache',
    remedy:
      'build it: meshmark mesh-image istio; put `istioctl` on PATH; else 1.31.0 is fetched from github.com when it is first needed',
    fetched: 'istioctl 1.31.0, from github.com',
    command: 'meshmark mesh-image istio',
  })
  const { remedy } = (await meshCliAvailability(tools.linkerd, { ...env, MESHMARK_OFFLINE: '1' })) as { remedy: string }
  expect(remedy).toBe('put `linkerd` on PATH; nothing is fetched offline (--offline, MESHMARK_OFFLINE=1)')
})

test('what was built is found under the version it was built in', async ({ env }) => {
  const file = meshCliPath(tools.hubble, 'v1.20.2', env)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, '#!/bin/sh\necho "hubble v1.20.2 compiled with go1.26.8 on linux/amd64"\n', { mode: 0o755 })
  expect(await meshCliAvailability(tools.hubble, env)).toEqual({ available: true, detail: `v1.20.2 (${file})` })
})
