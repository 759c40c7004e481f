import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { allowedCpus, coresText, cpuListOf } from '../cores.ts'
import { command } from '../kind/command.ts'
import { giveBackCores } from '../kind/cores.ts'
import { kindClusters } from '../kind/engine.ts'
import { clusterName } from '../kind/name.ts'
import type { KubernetesCluster } from '../kubernetes/cluster.ts'
import { markRun } from '../kubernetes/run-marker.ts'
import { kubeconfigText } from '../kubernetes/testing.ts'
import { ownerOf } from '../local/label.ts'
import type { ClusterRef, Pod } from '../provider.ts'
import { deployEcho } from '../testing.ts'
import { sharedCluster } from '../testing-kind.ts'
import { kind } from './kind.ts'
import { kubeconfig } from './kubeconfig.ts'

const shared = sharedCluster('test-kind')
let ref: ClusterRef
let cluster: KubernetesCluster

beforeAll(() => {
  ref = shared.ref
  cluster = shared.cluster
})

/** A folder in which runs leave their markers, instead of where the shared cluster's is. */
async function markersApart(): Promise<AsyncDisposable & { dir: string }> {
  const before = process.env.XDG_STATE_HOME
  const dir = await mkdtemp(join(tmpdir(), 'meshmark-test-'))
  vi.stubEnv('XDG_STATE_HOME', dir)
  return {
    dir,
    async [Symbol.asyncDispose]() {
      vi.stubEnv('XDG_STATE_HOME', before)
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** To kind, and to whoever asks it, a container with these labels is a cluster. */
const makeNode = (cluster: string) =>
  command('docker', [
    'create',
    '--name',
    `${cluster}-control-plane`,
    '--label',
    `io.x-k8s.kind.cluster=${cluster}`,
    '--label',
    'io.x-k8s.kind.role=control-plane',
    ref.kube?.image ?? '',
  ])

const tells = (code: string) => `import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
const status = () => readFileSync('/proc/self/status', 'utf8')
${code}`

const cpusOfNode = async (node: string) =>
  allowedCpus(await command('docker', ['exec', node, 'cat', '/proc/self/status']))

test('any kubeconfig leads to a cluster: it is left as it was; what may not be done there is said before', async (context) => {
  shared.needed(context)
  const { core, config } = cluster.kube
  await using markers = await markersApart()
  const { dir } = markers
  const settings = { kubeconfig: ref.kube?.kubeconfig, context: ref.kube?.context }
  const guest = await kubeconfig.provision({ runId: 'test-guest', workDir: join(dir, 'guest'), settings })
  const connected = await kubeconfig.connect(guest)
  const server = await deployEcho(connected, 'guest')
  expect((await server.get('http', '/')).status).toBe(200)
  expect(await kubeconfig.orphans()).toEqual([])
  // As if the run had been killed: nothing is disposed of.
  const marker = join(dir, 'meshmark', 'runs', 'test-guest.json')
  await writeFile(marker, (await readFile(marker, 'utf8')).replace(/"startTime":"\d+"/, '"startTime":"1"'))
  const [orphan] = await kubeconfig.orphans()
  expect(orphan?.runId).toBe('test-guest')
  await orphan?.reap()
  expect(await kubeconfig.orphans()).toEqual([])
  await expect(core.readNamespace({ name: 'guest' })).rejects.toMatchObject({ code: 404 })

  const api = config.getCurrentCluster()
  const certificate = JSON.parse(config.exportConfig()).clusters[0].cluster['certificate-authority-data']
  const withToken = async (token: string) => {
    const file = join(dir, 'with-token')
    const text = kubeconfigText(api?.server ?? '').replace('secret', token)
    await writeFile(file, text.replace('insecure-skip-tls-verify: true', `certificate-authority-data: ${certificate}`))
    return kubeconfig.provision({ runId: 'test-token', workDir: join(dir, 'token'), settings: { kubeconfig: file } })
  }
  await expect(withToken('not-a-token')).rejects.toThrow(/refuses the credentials \(401\)/)
  const { status } = await core.createNamespacedServiceAccountToken({
    name: 'default',
    namespace: 'default',
    body: { spec: { audiences: [] } },
  })
  await expect(withToken(status?.token ?? '')).rejects.toThrow(
    /lacks\n {2}create namespaces: .*patch deployments\.apps: /s,
  )
})

test('a cluster that is there is used again, and stays', async (context) => {
  shared.needed(context)
  await using markers = await markersApart()
  const { dir } = markers
  const settings = { reuse: ref.kube?.cluster }
  const again = await kind.provision({ runId: 'test-again', workDir: join(dir, 'again'), settings })
  const connected = await kind.connect(again)
  await deployEcho(connected, 'again')
  await kind.destroy(again)
  await expect(cluster.kube.core.readNamespace({ name: 'again' })).rejects.toMatchObject({ code: 404 })
  expect(await kindClusters()).toContain(ref.kube?.cluster)
})

test('a cluster that is to stay is its run’s own until it is finished', async (context) => {
  shared.needed(context)
  await using markers = await markersApart()
  const cluster = 'test-unfinished'
  const ownerless = { runId: 'test-maker', ...kind.traits, workDir: '' }
  const alive = { ...ownerless, owner: ownerOf(process.ppid) }
  await markRun(alive, { cluster }, { making: true })
  const provide = () =>
    kind.provision({ runId: 'test-user', workDir: join(markers.dir, 'work'), settings: { reuse: cluster } })
  const orphans = async () => (await kind.orphans()).filter(({ runId }) => runId.startsWith('test-'))
  await expect(provide()).rejects.toMatchObject({
    code: 'CLUSTER_BUSY',
    message: `the kind cluster ${cluster} is just being made by process ${process.ppid}, run test-maker; wait until it is there`,
  })
  expect(await orphans()).toEqual([])
  const dead = { ...ownerless, owner: { pid: process.pid, startTime: '1' } }
  await markRun(dead, { cluster }, { making: true })
  await expect(provide()).rejects.toThrow(
    /test-unfinished was not finished by run test-maker, which has died; .*clean$/,
  )
  const reap = async () => {
    const [orphan, ...others] = await orphans()
    expect(others).toEqual([])
    expect(orphan?.description).toMatch(/^the unfinished cluster test-unfinished, whose process/)
    await orphan?.reap()
    expect(await orphans()).toEqual([])
    return (await kindClusters()).includes(cluster)
  }
  // Nothing had been made yet; then it had; then somebody has made one of this name long after.
  expect(await reap()).toBe(false)
  await markRun(dead, { cluster }, { making: true })
  await makeNode(cluster)
  expect(await reap()).toBe(false)
  await makeNode(cluster)
  try {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 })
    await markRun(dead, { cluster }, { making: true })
    vi.useRealTimers()
    expect(await reap()).toBe(true)
  } finally {
    await command('docker', ['rm', '--force', `${cluster}-control-plane`])
  }
})

test('what runs on the load’s node and on the servers’ has different cores until they are given back', async (context) => {
  shared.needed(context)
  const nodes = (await cluster.nodes()).filter(({ schedulable }) => schedulable).map(({ name }) => name)
  const [server = '', client = ''] = nodes
  const name = ref.kube?.cluster ?? ''
  const all = await cpusOfNode(client)
  if (all.length < 2) context.skip('two cores needed')
  await using folder = await markersApart()
  const file = (name: string) => join(folder.dir, `${name}.mjs`)
  await writeFile(file('tell'), tells('console.log(status())'))
  await writeFile(file('answer'), tells('createServer((q, r) => r.end(status())).listen(process.env.PORT_HTTP)'))
  const on = (node: string) => ({ placement: { nodeLabels: { 'kubernetes.io/hostname': node } } })
  const deployed = (pod: string) =>
    cluster.deploy({
      ...{ name: pod, namespace: 'cores', role: 'app', ...on(server), ports: { http: 8080 } },
      program: () => ({ kind: 'node', file: file('answer') }),
      readinessProbe: { port: 'http', path: '/', timeoutMs: 30_000 },
    })
  /** CPUs of a pod that runs on the servers' node, and of a job that is started on the load's. */
  const given = async (pod: Pod) => {
    const lines: string[] = []
    await cluster.run({
      ...{ name: 'load', namespace: 'cores', input: '', timeoutMs: 30_000, ...on(client) },
      program: { kind: 'node', file: file('tell') },
      onLine: (line) => lines.push(line),
    })
    return { server: allowedCpus((await pod.get('http', '/')).body), client: allowedCpus(lines.join('\n')) }
  }
  const before = await deployed('before')
  const every = (pods: readonly Pod[]) => Promise.all(pods.map(given))
  expect(await given(before)).toEqual({ server: all, client: all })
  const shares = await cluster.separateCores?.(server, client)
  const pods = [before, await deployed('between')]
  for (const held of await every(pods)) {
    expect(shares?.words).toContain(`the clients' node has ${coresText(cpuListOf(held.client))}, the`)
    expect([...held.client, ...held.server].toSorted((a, b) => a - b)).toEqual(all)
  }
  expect(await cpusOfNode(`${name}-control-plane`)).toEqual(all)
  expect((await cluster.separateCores?.(server, client))?.words).toContain('a node has its own already')
  await shares?.[Symbol.asyncDispose]()
  for (const held of await every([...pods, await deployed('after')])) expect(held).toEqual({ server: all, client: all })

  // As if a run had been killed.
  await cluster.separateCores?.(server, client)
  await giveBackCores(name)
  for (const node of nodes) expect(await cpusOfNode(node)).toEqual(all)
})

test('disposing removes the namespaces that were made; clusters of dead runs are found, others are not', async (context) => {
  shared.needed(context)
  const second = await kind.connect(ref)
  await deployEcho(second, 'second')
  await second[Symbol.asyncDispose]()
  await expect(cluster.kube.core.readNamespace({ name: 'second' })).rejects.toMatchObject({ code: 404 })
  await expect(deployEcho(second, 'second')).rejects.toThrow('the cluster has been removed')
  expect((await kind.orphans()).filter(({ runId }) => runId === 'test-kind')).toEqual([])

  const dead = clusterName({ runId: 'test-dead', owner: { pid: process.pid, startTime: '1' } })
  await makeNode(dead)
  await makeNode('somebody-elses')
  try {
    const orphans = await kind.orphans()
    const own = orphans.filter(({ runId }) => runId.startsWith('test-'))
    expect(own.map(({ runId }) => runId)).toEqual(['test-dead'])
    await own[0]?.reap()
    const left = await kindClusters()
    expect(left).not.toContain(dead)
    expect(left).toContain('somebody-elses')
    expect(left).toContain(ref.kube?.cluster)
  } finally {
    await command('docker', ['rm', '--force', 'somebody-elses-control-plane'])
  }
})
