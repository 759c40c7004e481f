import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { connect, serverVersion } from './client.ts'
import { readKubeconfig, writeKubeconfig } from './kubeconfig.ts'
import { checkPermissions } from './permissions.ts'
import { kubeconfigText, sendJson, test } from './testing.ts'

const invalid = (message: RegExp | string) =>
  expect.objectContaining({ code: 'CLUSTER_CONFIG_INVALID', message: expect.stringMatching(message) })

test('what is no kubeconfig is refused, with the file and the reason', async ({ dir }) => {
  const file = join(dir, 'config')
  await expect(readKubeconfig([file])).rejects.toEqual(invalid(/config cannot be read: ENOENT$/))
  await writeFile(file, 'a: [1, 2')
  await expect(readKubeconfig([file])).rejects.toEqual(invalid(/config is no YAML: .*line 1/))
  await writeFile(file, 'clusters: 3\n')
  await expect(readKubeconfig([file])).rejects.toEqual(invalid(/no kubeconfig:\n {2}clusters: .*\n {2}contexts: /))
})

test('a context that does not exist is named, with those that do', async ({ dir }) => {
  const file = join(dir, 'config')
  await writeFile(file, kubeconfigText('https://one', 'home'))
  await expect(readKubeconfig([file], 'work')).rejects.toEqual(invalid(/config has no context 'work'; it has: home$/))
  await writeFile(file, kubeconfigText('https://one', 'home').replace('user: user', 'user: nobody'))
  await expect(readKubeconfig([file])).rejects.toEqual(invalid(/names the user 'nobody', which is not there$/))
})

test('files are merged as kubectl does; one context is kept, under a user name of its own', async ({ dir }) => {
  const files = ['one', 'two'].map((name) => join(dir, name)) as [string, string]
  await writeFile(files[0], kubeconfigText('https://one', 'first'))
  await writeFile(
    files[1],
    kubeconfigText('https://two', 'second')
      .replaceAll('user', 'other')
      .replaceAll('cluster: cluster', 'cluster: far')
      .replace('name: cluster', 'name: far')
      .replaceAll('other:', 'user:')
      .replace('others:', 'users:'),
  )
  const merged = await readKubeconfig(files)
  expect(merged.getCurrentContext()).toBe('first')
  expect(merged.getCurrentCluster()?.server).toBe('https://one')
  const again = await readKubeconfig([files[0]])
  expect(again.getCurrentUser()?.name).toMatch(/^user-[0-9a-f]{8}$/)
  expect(again.getCurrentUser()?.name).not.toBe(merged.getCurrentUser()?.name)
  const written = join(dir, 'written')
  await writeKubeconfig(merged, written)
  expect((await stat(written)).mode & 0o777).toBe(0o600)
  const back = await readKubeconfig([written])
  expect(back.getContexts().map(({ name }) => name)).toEqual(['first'])
  expect(back.getCurrentUser()?.token).toBe('secret')
})

test('a token that is refused is told apart from a server that is not there', async ({ server }) => {
  const client = await connect(server.kubeconfig)
  server.answer((_, response) => sendJson(response, 401, { kind: 'Status', code: 401, message: 'Unauthorized' }))
  await expect(serverVersion(client)).rejects.toThrow(
    /context fake \(http:.*\) refuses the credentials \(401\): .* user 'user-/,
  )
  server.answer((_, response) => sendJson(response, 200, { major: '1', minor: '34', gitVersion: 'v1.34.2' }))
  expect(await serverVersion(client)).toBe('v1.34.2')
  server.answer((request) => request.socket.destroy())
  await expect(serverVersion(client)).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' })
})

test('every permission that is missing is named at once; what is only wanted is returned', async ({ server }) => {
  const client = await connect(server.kubeconfig)
  const denied = new Set(['namespaces', 'jobs'])
  server.answer(async (request, response) => {
    const { resourceAttributes } = JSON.parse((await request.toArray()).join('')).spec
    const { resource, verb, subresource } = resourceAttributes
    const allowed = !denied.has(resource) && !denied.has(`${verb} ${resource}/${subresource}`)
    sendJson(response, 201, {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      status: { allowed },
    })
  })
  const failed = checkPermissions(client)
  await expect(failed).rejects.toMatchObject({ code: 'CLUSTER_PERMISSION_MISSING' })
  await expect(failed).rejects.toThrow(
    /lacks\n {2}create namespaces: .*\n {2}get namespaces: .*\n {2}delete namespaces: .*\n {2}patch jobs\.batch: to run the load\n/,
  )
  denied.clear()
  denied.add('get nodes/proxy')
  expect(await checkPermissions(client)).toMatchObject([{ resource: 'nodes', subresource: 'proxy' }])
})
