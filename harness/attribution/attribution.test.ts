import type { V1Pod } from '@kubernetes/client-node'
import { expect } from 'vitest'
import { inlineProgram, test } from '../../clusters/testing.ts'
import { attribute } from './attribution.ts'
import { factsOf } from './kubernetes.ts'

/** Answers with its number and that of a child, in a session of its own. */
const server = `
  const child = require('node:child_process').spawn('sleep', ['600'], { stdio: 'ignore', detached: true })
  require('node:http').createServer((request, response) => response.end(JSON.stringify([process.pid, child.pid])))
    .listen(process.env.PORT_HTTP, process.env.HOST)`

test('on local the pod is the process’s own, its children and its load’s too, and that of no other run', async ({
  cluster,
  ref,
  skip,
}) => {
  if (process.platform !== 'linux') skip('there is no /proc here: run it on Linux')
  using live = await attribute(cluster)
  const pod = await cluster.deploy(inlineProgram('echo', server, { namespace: 'arm' }))
  const [pid = 0, child = 0] = JSON.parse((await pod.get('http', '/')).body) as number[]
  let load = 0
  await cluster.run({
    name: 'load',
    namespace: 'arm',
    program: {
      kind: 'binary',
      file: process.execPath,
      args: ['-e', 'console.log(process.pid); process.stdin.resume(); setTimeout(() => {}, 2000)'],
      version: '',
    },
    input: '',
    timeoutMs: 20_000,
    onLine(line) {
      load = Number(line)
      live.attribution.refresh()
    },
  })
  live.attribution.refresh()
  const labels = { app: 'echo', 'meshmark.dev/part': 'echo' }
  const owner = { namespace: 'arm', pod: 'echo', uid: null, container: null, labels: expect.objectContaining(labels) }
  expect(live.attribution.ownerOf({ pid })).toEqual(owner)
  expect(live.attribution.ownerOf({ pid: child })).toEqual(owner)
  expect(live.attribution.ownerOf({ pid: load })).toMatchObject({ namespace: 'arm', pod: 'load' })
  expect(live.attribution.ownerOf({ pid: process.pid })).toBeNull()
  using other = await attribute({ ...cluster, ref: { ...ref, runId: `${ref.runId}-other` } } as typeof cluster)
  expect(other.attribution.ownerOf({ pid })).toBeNull()
})

test('what counts of a pod: containers of all kinds and lives, hostNetwork, and the UID that a static pod has on its node', () => {
  const status = (name: string, ...ids: string[]) => ({
    name,
    containerID: ids[0],
    lastState: { terminated: { containerID: ids[1] } },
  })
  const pod = {
    metadata: {
      namespace: 'kube-system',
      name: 'etcd',
      uid: 'mirror',
      annotations: { 'kubernetes.io/config.hash': 'hash' },
    },
    spec: { hostNetwork: true },
    status: {
      containerStatuses: [status('etcd', 'containerd://2', 'containerd://1'), status('waiting')],
      initContainerStatuses: [status('init', 'cri-o://3')],
      ephemeralContainerStatuses: [status('debug', 'docker://4')],
    },
  } as unknown as V1Pod
  expect(factsOf(pod)).toEqual({
    namespace: 'kube-system',
    name: 'etcd',
    uid: 'mirror',
    staticUid: 'hash',
    labels: {},
    hostNetwork: true,
    containers: [
      { name: 'etcd', id: '2' },
      { name: 'etcd', id: '1' },
      { name: 'init', id: '3' },
      { name: 'debug', id: '4' },
    ],
  })
  expect(factsOf(pod)).toBe(factsOf(pod))
})
