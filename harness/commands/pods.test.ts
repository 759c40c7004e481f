import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { type Answer, sendJson, test } from '../../clusters/kubernetes/testing.ts'
import { inlineProgram, test as onLocal } from '../../clusters/testing.ts'
import { meshmark } from '../run/testing.ts'
import { commandLine } from './testing.ts'

test.for([
  [['--cluster', 'kint'], /--cluster: received "kint"; one of: kubeconfig, local/],
  [['--cluster', 'local', '--kubeconfig', 'a'], /--kubeconfig: received "a"; none with cluster local/],
  [['--kubeconfig', '', '--context', ''], /2 wrong fields\n.*a file\n.*the name of a context/],
  [['--kubeconfig', '/nowhere/config'], /the kubeconfig \/nowhere\/config cannot be read: ENOENT/],
  [['--pid'], /unknown option '--pid'/],
] as [string[], RegExp][])('wrong use: %j', async ([args, message]) => {
  const { exitCode, stdout, stderr } = await commandLine(['pods', ...args])
  expect(stderr).toMatch(message)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
})

test('help has examples', async () => {
  expect((await commandLine(['pods', '--help'])).stdout).toContain('meshmark pods --pids --json --context kind-dev')
})

test('without a kubeconfig it says so', async ({ dir }) => {
  const { exitCode, stderr } = await meshmark(['pods', '--pids'], { HOME: dir, KUBECONFIG: '' })
  expect(stderr).toMatch(/there is no kubeconfig: set \$KUBECONFIG, or name a file/)
  expect(exitCode).toBe(2)
})

/** An API server with these pods, or one that refuses to list them. */
const lists =
  (pods: object[] | null): Answer =>
  (request, response) =>
    request.url?.startsWith('/version')
      ? sendJson(response, 200, { gitVersion: 'v1.34.2' })
      : pods
        ? sendJson(response, 200, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: pods })
        : sendJson(response, 403, { kind: 'Status', message: 'pods is forbidden: no', code: 403 })

const pods = (kubeconfig: string, ...args: string[]) =>
  commandLine(['pods', '--pids', '--kubeconfig', kubeconfig, ...args])

test('a cluster whose pods run elsewhere, and one that shows no pods, are refused', async ({ server, dir }) => {
  const elsewhere = { metadata: { namespace: 'a', name: 'b', uid: 'c' }, status: { phase: 'Running' } }
  server.answer(lists([elsewhere, { ...elsewhere, metadata: { uid: 'd' } }]))
  const remote = await pods(server.kubeconfig)
  expect(remote.stderr).toMatch(/none of the 2 running pods of context fake has a process here: run it on the node/)
  expect(remote.exitCode).toBe(4)
  server.answer(lists(null))
  const refused = await pods(server.kubeconfig)
  expect(refused.stderr).toMatch(/user 'user' of context fake lacks\n {2}list pods: .*\n .*pods is forbidden: no/)
  expect(refused.exitCode).toBe(4)
  expect((await pods(join(dir, 'kubeconfig'), '--context', 'work')).stderr).toMatch(/has no context 'work'/)
})

onLocal('the pods of runs on local processes, as text and as JSON', async ({ cluster, skip }) => {
  if (process.platform !== 'linux') skip('there is no /proc here: run it on Linux')
  const code = `
    process.title = 'a) (b\\u001b[1m'
    require('node:http').createServer((request, response) => response.end(String(process.pid)))
      .listen(process.env.PORT_HTTP, process.env.HOST)`
  const pod = await cluster.deploy(inlineProgram('echo', code, { namespace: 'of-pods-test' }))
  const pid = Number((await pod.get('http', '/')).body)
  const { stdout } = await meshmark(['pods', '--pids', '--json', '--cluster', 'local'])
  const answer = JSON.parse(stdout)
  expect(answer).toMatchObject({ success: true, timestamp: expect.stringMatching(/^\d{4}-.*Z$/) })
  const found = answer.pods.find((one: { processes: { pid: number }[] }) =>
    one.processes.some((each) => each.pid === pid),
  )
  expect(found).toMatchObject({ pod_name: 'echo', namespace: 'of-pods-test', pod_uid: null, container_id: null })
  expect(found.processes).toEqual([
    { pid, ppid: process.pid, command: expect.stringMatching(/^a\) \(b/), container: null, container_id: null },
  ])
  const text = await meshmark(['pods', '--pids', '--cluster', 'local'])
  expect(text.stdout).toMatch(
    new RegExp(`\\nof-pods-test +echo +\\S+ +${pid} +${process.pid} +- +a\\) \\(b\\?\\[1m$`, 'm'),
  )
  const short = await meshmark(['pods', '--cluster', 'local'])
  expect(short.stdout).toMatch(/\nof-pods-test +echo +\S+ +1$/m)
  await pod[Symbol.asyncDispose]()
  await vi.waitFor(async () => {
    expect((await meshmark(['pods', '--cluster', 'local', '--json'])).stdout).not.toContain('of-pods-test')
  })
})
