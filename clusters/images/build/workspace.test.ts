import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, expect } from 'vitest'
import { Workspace } from './workspace.ts'

const test = base.extend('workspace', async ({ task }, { onCleanup }) => {
  const folder = await mkdtemp(join(tmpdir(), `meshmark-test-${task.id}-`))
  onCleanup(() => rm(folder, { recursive: true, force: true }))
  return new Workspace(folder)
})

test('what a step makes is there whole or not at all', async ({ workspace }) => {
  await mkdir(workspace.path('etcd.building'))
  await writeFile(workspace.path('etcd.building', 'half'), '')
  const failing = workspace.produce('etcd', async (folder) => {
    await writeFile(join(folder, 'etcd'), 'new')
    throw new Error('interrupted')
  })
  await expect(failing).rejects.toThrow('interrupted')
  expect(await workspace.has('etcd')).toBe(false)
  await workspace.produce('etcd', (folder) => writeFile(join(folder, 'etcd'), 'new'))
  expect(await readdir(workspace.folder)).toEqual(['etcd'])
  expect(await readFile(workspace.path('etcd', 'etcd'), 'utf8')).toBe('new')
})

test('two builds at once are refused; what a killed one left is not', async ({ workspace }) => {
  {
    await using _ = await workspace.claim()
    await expect(workspace.claim()).rejects.toMatchObject({
      code: 'CLUSTER_UNAVAILABLE',
      message: `nothing can be built in ${workspace.folder}: process ${process.pid} builds there`,
    })
  }
  await writeFile(workspace.path('building.json'), '{"pid":1073741824,"startTime":"1"}')
  await using _ = await workspace.claim()
  expect(JSON.parse(await readFile(workspace.path('building.json'), 'utf8')).pid).toBe(process.pid)
})
