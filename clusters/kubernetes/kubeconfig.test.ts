import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { parse, stringify } from 'yaml'
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
  await writeFile(file, 'clusters: 3\nusers: [{}]\n')
  await expect(readKubeconfig([file])).rejects.toEqual(
    invalid(/no kubeconfig:\n {2}clusters: .*\n {2}users\.0\.name: /),
  )
})

test('a context that does not exist is named, with those that do', async ({ dir }) => {
  const file = join(dir, 'config')
  await writeFile(file, kubeconfigText('https://one', 'home'))
  await expect(readKubeconfig([file], 'work')).rejects.toEqual(invalid(/config has no context 'work'; it has: home$/))
  await writeFile(file, kubeconfigText('https://one', 'home').replace('user: user', 'user: nobody'))
  await expect(readKubeconfig([file])).rejects.toEqual(invalid(/names the user 'nobody', which is not there$/))
})

test('files are merged as kubectl does: parts anywhere, the first of a name counts, a missing one is left out', async ({
  dir,
}) => {
  const [one, two, gone] = ['one', 'two', 'gone'].map((name) => join(dir, name)) as [string, string, string]
  const { clusters, users, contexts, ...rest } = parse(kubeconfigText('https://one', 'first'))
  await writeFile(one, stringify({ contexts, ...rest }))
  const second = { name: 'second', context: { cluster: 'cluster', user: 'user' } }
  await writeFile(two, stringify({ clusters, users, contexts: [second], 'current-context': 'second' }))
  const merged = await readKubeconfig([gone, one, two])
  expect(merged.getCurrentContext()).toBe('first')
  expect(merged.getCurrentCluster()?.server).toBe('https://one')
  expect(merged.getCurrentUser()?.name).toBe('user')
  expect((await readKubeconfig([one, two], 'second')).getContexts()).toMatchObject([second.context])
  await expect(readKubeconfig([one])).rejects.toEqual(invalid(/names the cluster 'cluster', which is not there/))
  await expect(readKubeconfig([gone, `${gone}-too`])).rejects.toEqual(
    invalid(/^no kubeconfig is there: .*gone, .*-too$/),
  )

  await writeFile(gone, kubeconfigText('https://elsewhere', 'third'))
  expect((await readKubeconfig([one, gone, two])).getCurrentCluster()?.server).toBe('https://elsewhere')
  await writeFile(gone, '')
  expect((await readKubeconfig([gone, one, two])).getCurrentContext()).toBe('first')
  await writeFile(gone, stringify({ clusters: [{ name: 'broken', cluster: {} }] }))
  expect((await readKubeconfig([gone, one, two])).getCurrentContext()).toBe('first')

  const written = join(dir, 'written')
  await writeKubeconfig(merged, written)
  expect((await stat(written)).mode & 0o777).toBe(0o600)
  const back = await readKubeconfig([written])
  expect(back.getContexts().map(({ name }) => name)).toEqual(['first'])
  expect(back.getCurrentUser()?.token).toBe('secret')
})

/** A kubeconfig whose user has these credentials, for the server of another. */
async function withUser(kubeconfig: string, file: string, user: object): Promise<string> {
  const { users: _, ...rest } = parse(await readFile(kubeconfig, 'utf8'))
  await writeFile(
    file,
    stringify({
      ...rest,
      users: [
        { name: 'dev', user },
        { name: 'user', user },
      ],
    }),
  )
  return file
}

test('a command and a file of credentials are found beside their kubeconfig, also after it was written elsewhere', async ({
  dir,
  server,
}) => {
  const seen: unknown[] = []
  server.answer((request, response) => {
    seen.push(request.headers.authorization)
    sendJson(response, 200, { major: '1', minor: '34', gitVersion: 'v1.34.2' })
  })
  await mkdir(join(dir, 'bin'))
  const credential = { kind: 'ExecCredential', status: { token: 'of-the-command' } }
  await writeFile(join(dir, 'bin', 'login'), `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`, { mode: 0o755 })
  await writeFile(join(dir, 'token'), 'of-the-file\n')
  const apiVersion = 'client.authentication.k8s.io/v1'
  for (const user of [{ exec: { apiVersion, command: 'bin/login' } }, { tokenFile: 'token', token: 'written-down' }]) {
    const file = await withUser(server.kubeconfig, join(dir, 'config'), user)
    await writeKubeconfig(await readKubeconfig([file]), join(dir, 'bin', 'copy'))
    for (const one of [file, join(dir, 'bin', 'copy')]) {
      const client = await connect(one)
      expect(await serverVersion(client)).toBe('v1.34.2')
      expect((await client.get('/version')).status).toBe(200)
    }
  }
  const each = (token: string) => Array(4).fill(`Bearer ${token}`)
  expect(seen).toEqual([...each('of-the-command'), ...each('of-the-file')])
})

test.for([
  ['is missing', 'bin/none', /its command .*bin\/none is not there\n {2}install it:\n {2}get-login$/],
  [
    'fails',
    'sh',
    /its command sh failed: log in first\n {2}install it:\n {2}get-login$/,
    ['-c', 'echo log in first >&2; exit 1'],
  ],
  [
    'answers something else',
    'sh',
    /its command sh answers no ExecCredential: .*\n {2}install it:/s,
    ['-c', 'echo hello'],
  ],
] as const)(
  'a command of credentials that %s is named, with how to get it',
  async ([, command, words, args], { dir, server }) => {
    const apiVersion = 'client.authentication.k8s.io/v1'
    const exec = { apiVersion, command, args, installHint: 'install it:\nget-login\n' }
    const client = await connect(await withUser(server.kubeconfig, join(dir, 'config'), { exec }))
    for (const ask of [() => serverVersion(client), () => client.get('/version')]) {
      const asked = ask()
      await expect(asked).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE', message: expect.stringMatching(words) })
      await expect(asked).rejects.toThrow(/^the credentials of user 'user' of context fake cannot be had: /)
    }
  },
)

test('a certificate that is not there is named', async ({ dir, server }) => {
  const user = { 'client-certificate': 'mine.pem', 'client-key': 'mine.key' }
  const client = await connect(await withUser(server.kubeconfig, join(dir, 'config'), user))
  await expect(serverVersion(client)).rejects.toThrow(/^the credentials of user 'user' .* ENOENT: .*mine\.pem'$/)
})

test('a token that is refused is told apart from a server that is not there', async ({ server }) => {
  const client = await connect(server.kubeconfig)
  server.answer((_, response) => sendJson(response, 401, { kind: 'Status', code: 401, message: 'Unauthorized' }))
  await expect(serverVersion(client)).rejects.toThrow(
    /context fake \(http:.*\) refuses the credentials \(401\): .* user 'user'$/,
  )
  server.answer((_, response) => sendJson(response, 200, { major: '1', minor: '34', gitVersion: 'v1.34.2' }))
  expect(await serverVersion(client)).toBe('v1.34.2')
  server.answer((request) => request.socket.destroy())
  await expect(serverVersion(client)).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' })
})

test('what a request fails with says what was asked and what the server said, and not its headers', async ({
  server,
}) => {
  const { core } = await connect(server.kubeconfig)
  server.answer((_, response) => sendJson(response, 401, { kind: 'Status', code: 401, message: 'Unauthorized' }))
  await expect(core.listNamespace()).rejects.toMatchObject({
    code: 401,
    message: 'listNamespace: the credentials are refused, or have expired (401)',
  })
  server.answer((_, response) => sendJson(response, 403, { kind: 'Status', code: 403, message: 'not for you' }))
  await expect(core.readNamespace({ name: 'here' })).rejects.toThrow(/^readNamespace: not for you$/)
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
    /lacks\n {2}create namespaces: .*\n {2}get namespaces: .*\n {2}list namespaces: .*\n {2}delete namespaces: .*\n {2}patch jobs\.batch: to run the load\n/,
  )
  denied.clear()
  denied.add('get nodes/proxy')
  expect(await checkPermissions(client)).toMatchObject([{ resource: 'nodes', subresource: 'proxy' }])
})
