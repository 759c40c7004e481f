import { expect } from 'vitest'
import { dockerAvailability } from '../kind/engine.ts'
import { test } from '../kubernetes/testing.ts'
import { deployEcho } from '../testing.ts'
import { k3s } from './k3s.ts'

test('wrong settings are named before anything is started', async ({ dir }) => {
  const settings = { image: 3, nodes: 2 }
  await expect(k3s.provision({ runId: 'test', workDir: dir, settings })).rejects.toThrow(
    /^k3s: 2 wrong fields\n {2}image: received 3; an image\n {2}nodes: no such field; one of: image, workloadImage, toolImage$/,
  )
})

test('an image that cannot be had is named, and nothing is left behind', async ({ dir, skip }) => {
  const docker = await dockerAvailability()
  if (!docker.available) skip(docker.reason)
  const settings = { image: 'meshmark.invalid/k3s:none' }
  const failed = k3s.provision({ runId: 'test-k3s-none', workDir: dir, settings })
  await expect(failed).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' })
  await expect(failed).rejects.toThrow(/^meshmark\.invalid\/k3s:none could not be started: /)
  expect(await k3s.orphans()).toEqual([])
})

test('a workload runs in a cluster of one container, which is gone afterwards', { timeout: 300_000 }, async ({
  dir,
  skip,
}) => {
  const availability = await k3s.available()
  if (!availability.available) skip(`${availability.reason}; ${availability.remedy}`)
  const ref = await k3s.provision({ runId: 'test-k3s', workDir: dir })
  try {
    await using cluster = await k3s.connect(ref)
    const server = await deployEcho(cluster, 'arm')
    expect(await server.get('http', '/')).toEqual({ status: 200, body: 'hello from http-echo\n' })
  } finally {
    await k3s.destroy(ref)
  }
})
