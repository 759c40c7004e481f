import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, type TestContext, test, vi } from 'vitest'
import { bundleProgram } from '../../bundle.ts'
import { kindClusters } from '../../kind/engine.ts'
import { defaultWorkloadImage } from '../../kind/spec.ts'
import { isKubernetes, type KubeCluster } from '../../kubernetes/cluster.ts'
import { snapshot } from '../../kubernetes/testing-snapshot.ts'
import type { EnrolledArm, MeshInstallation, MeshSettings } from '../../mesh.ts'
import type { Cluster, ClusterRef, Pod } from '../../provider.ts'
import { kind } from '../../providers/kind.ts'
import { httpEcho } from '../../workloads/http-echo.ts'
import { baseline } from '../baseline/mesh.ts'
import { cilium } from './mesh.ts'
import type { CiliumMode } from './modes.ts'
import { establishNetwork } from './network.ts'
import { deployStranger, tryFrom } from './stranger.ts'

vi.setConfig({ testTimeout: 120_000 })

/** Making a cluster and bringing Cilium up in it, on a machine that is busy with something else too. */
const bringUpMs = 600_000

let missing: string | null = null
let workDir: string
let ref: ClusterRef
let cluster: KubeCluster
let withoutKubeProxy: Promise<ClusterRef> | undefined
const made: ClusterRef[] = []

beforeAll(async () => {
  for (const here of [await kind.available(), await cilium.available(kind.traits)])
    if (!here.available) missing ??= `${here.reason}; ${here.remedy}`
  if (missing !== null) return
  workDir = await mkdtemp(join(tmpdir(), 'meshmark-test-'))
  ref = await provision('native', smallCluster('native'))
  cluster = await connect(ref)
  await cilium.establish(cluster, 'native', () => {})
  ref.network = 'cilium:native'
  // Made while the tests of this one mostly wait; both at once take longer.
  withoutKubeProxy = provision('kube-proxy-free', smallCluster('kube-proxy-free'))
  withoutKubeProxy.catch(() => {})
}, bringUpMs)

afterAll(async () => {
  if (missing !== null) return
  await withoutKubeProxy?.catch(() => {})
  await cluster[Symbol.asyncDispose]()
  await Promise.all(made.map((one) => kind.destroy(one)))
  await rm(workDir, { recursive: true, force: true })
  const left = await kindClusters()
  expect(made.filter(({ kube }) => left.includes(kube?.cluster ?? ''))).toEqual([])
}, 180_000)

function needsCluster({ skip }: Pick<TestContext, 'skip'>): void {
  if (missing !== null) skip(missing)
}

async function provision(mode: CiliumMode, more: object = {}): Promise<ClusterRef> {
  const settings = { ...cilium.clusterSettings(mode), ...more }
  const ref = await kind.provision({ runId: `test-cilium-${mode}`, workDir: join(workDir, mode), settings })
  made.push(ref)
  return ref
}

async function connect(to: ClusterRef): Promise<KubeCluster> {
  const connected = await kind.connect(to)
  if (!isKubernetes(connected)) throw new Error('kind clusters have an API server')
  return connected
}

interface Arm {
  server: Pod
  installation: MeshInstallation
  enrolled: EnrolledArm
}

const onNode = (label: string) => ({ nodeLabels: { 'meshmark.dev/node': label } })

async function armOf(where: Cluster, mode: CiliumMode, namespace: string, settings: MeshSettings = {}): Promise<Arm> {
  const installation = await cilium.install(where, mode)
  const port = { name: 'http', number: httpEcho.ports.http ?? 0 }
  const { server: treatment, arm } = await installation.enrol({
    namespace,
    port,
    settings: cilium.settings.parse(settings),
  })
  const file = await bundleProgram(httpEcho.entry, where.ref.workDir)
  const server = await where.deploy({
    ...{ name: 'http-echo', namespace, role: 'app', program: () => ({ kind: 'node', file }), ports: httpEcho.ports },
    readinessProbe: { ...httpEcho.readinessProbe, timeoutMs: 60_000 },
    placement: onNode('a'),
    treatment,
  })
  return { server, installation, enrolled: await arm(server) }
}

/** Sends GETs from a pod on a node; answers their statuses. */
async function send(where: Cluster, { enrolled, server }: Arm, count: number, node: string): Promise<string[]> {
  const file = join(where.ref.workDir, 'client.mjs')
  await writeFile(file, `for (let n = 0; n < ${count}; n++) console.log((await fetch('${enrolled.target}')).status)`)
  const statuses: string[] = []
  await where.run({
    ...{ name: 'client', namespace: server.namespace, program: { kind: 'node', file }, input: '', timeoutMs: 60_000 },
    placement: onNode(node),
    treatment: enrolled.client,
    onLine: (line) => statuses.push(line),
  })
  return statuses
}

const served = (count: number) => Array.from({ length: count }, () => '200')

test('pods reach each other on one node and across two, the client by its name in the cluster', async (context) => {
  needsCluster(context)
  const arm = await armOf(cluster, 'native', 'open', { policy: false })
  for (const node of ['a', 'b']) {
    const prove = await arm.enrolled.watch()
    expect(await send(cluster, arm, 50, node)).toEqual(served(50))
    expect(await prove(50)).toMatchObject({
      summary: 'no policy: 50 requests',
      facts: { requestsAtServer: 50, strangerRefused: false, flowsOfStrangerDropped: 0, agentHealthy: true },
      mismatches: [],
    })
  }
  await using control = await baseline.install(cluster, 'none')
  const { arm: enrol } = await control.enrol({ namespace: 'open', port: { name: 'http', number: 8080 }, settings: {} })
  const prove = await (await enrol(arm.server)).watch()
  expect((await prove(0)).mismatches).toEqual([])
})

test('a policy lets the client pass and nobody else, and the evidence says so until the policy is gone', async (context) => {
  needsCluster(context)
  const arm = await armOf(cluster, 'native', 'closed')
  expect(await arm.installation.status()).toMatchObject({ mesh: 'cilium', installed: true, healthy: true })
  expect((await arm.installation.status()).components.filter((one) => one.includes('operator'))).toHaveLength(1)
  for (const node of ['b', 'a']) {
    const prove = await arm.enrolled.watch()
    expect(await send(cluster, arm, 100, node)).toEqual(served(100))
    const { summary, facts, mismatches } = await prove(100)
    expect(mismatches).toEqual([])
    expect(summary).toBe('policy: 100 requests let pass, a stranger refused')
    expect(facts).toMatchObject({ requestsAtServer: 100, kubeProxyReplacement: false, encryption: 'Disabled' })
    expect(facts.flowsOfClient).toBeGreaterThan(0)
    expect(facts.flowsOfStrangerDropped).toBeGreaterThan(0)
  }
  const elsewhere = await deployStranger(cluster, 'elsewhere')
  expect(await tryFrom(elsewhere, arm.server.endpoints['pod-ip'] ?? arm.server, 'http')).toBe('unreachable')
  expect((await arm.server.usage()).cpuMs).toBeGreaterThan(0)

  // As if somebody had taken it away in the middle of the trial.
  const prove = await arm.enrolled.watch()
  await arm.installation[Symbol.asyncDispose]()
  await vi.waitFor(async () => {
    expect(await tryFrom(elsewhere, arm.server.endpoints['pod-ip'] ?? arm.server, 'http')).toEqual({ status: 200 })
  }, 20_000)
  expect(await send(cluster, arm, 100, 'b')).toEqual(served(100))
  expect((await prove(100)).mismatches).toEqual([
    'A stranger got an answer with status 200 where the policy had to refuse it.',
    'Hubble saw nothing of a stranger being dropped by policy.',
  ])
})

test('an arm leaves nothing behind in the cluster', async (context) => {
  needsCluster(context)
  // The pods of the jobs before end by themselves.
  const quiet = async () => expect((await snapshot(cluster.kube)).filter((one) => one.includes('/client-'))).toEqual([])
  await vi.waitFor(quiet, { timeout: 30_000, interval: 500 })
  const before = await snapshot(cluster.kube)
  {
    await using own = await connect(ref)
    const arm = await armOf(own, 'native', 'passing')
    expect((await snapshot(own.kube)).filter((one) => one.includes('Policy passing/'))).toHaveLength(3)
    await arm.enrolled[Symbol.asyncDispose]()
    await arm.installation[Symbol.asyncDispose]()
    expect((await snapshot(own.kube)).filter((one) => one.includes('Policy passing/'))).toEqual([])
  }
  expect(await snapshot(cluster.kube)).toEqual(before)
})

test('a cluster with another pod network is refused, and so is a mode that cannot run here', async (context) => {
  needsCluster(context)
  await expect(cilium.install(cluster, 'kube-proxy-free')).rejects.toMatchObject({ code: 'CLUSTER_MESH_FAILED' })
  await expect(cilium.install(cluster, 'kube-proxy-free')).rejects.toThrow(
    "cilium:kube-proxy-free cannot be installed: the cluster's pod network is cilium:native; make one for it with " +
      '--cluster kind --mesh baseline,cilium:kube-proxy-free',
  )
  await expect(cilium.establish(cluster, 'kube-proxy-free', () => {})).rejects.toThrow(
    /: it has cilium:native; name another/,
  )
  await expect(cilium.establish(cluster, 'ztunnel', () => {})).rejects.toThrow(
    /needs ztunnel, which meshmark builds no/,
  )
  // In a cluster that is used again it is there already.
  const reported: string[] = []
  await cilium.establish(cluster, 'native', (line) => reported.push(line))
  expect(reported).toEqual([expect.stringMatching(/^waiting/)])
})

/** Two nodes, both for pods: an image less to bring. */
function smallCluster(mode: CiliumMode) {
  const open = 'kind: InitConfiguration\nnodeRegistration:\n  taints: []\n'
  return {
    nodes: [
      { role: 'control-plane', labels: { 'meshmark.dev/node': 'b' }, kubeadmPatches: [open] },
      { role: 'worker', labels: { 'meshmark.dev/node': 'a' } },
    ],
    daemonImages: [...cilium.clusterSettings(mode).daemonImages, defaultWorkloadImage],
  }
}

test('without kube-proxy, over VXLAN; one that does not turn healthy in time is explained', {
  timeout: bringUpMs,
}, async (context) => {
  needsCluster(context)
  const mode = 'kube-proxy-free'
  const free = (await withoutKubeProxy) as ClusterRef
  await using own = await connect(free)
  const failed = establishNetwork(own, mode, () => {}, 1)
  await expect(failed).rejects.toMatchObject({ code: 'CLUSTER_MESH_FAILED' })
  await expect(failed).rejects.toThrow(
    /^cilium:kube-proxy-free did not become the pod network of .* cilium: 0 of \d pods ready\n.*events:\n.*last output:/s,
  )
  await cilium.establish(own, mode, () => {})
  free.network = `cilium:${mode}`
  const namespace = 'kube-system'
  const { items } = await own.kube.core.listNamespacedPod({ namespace, labelSelector: 'k8s-app=kube-proxy' })
  expect(items).toEqual([])
  const arm = await armOf(own, mode, 'closed')
  const prove = await arm.enrolled.watch()
  expect(await send(own, arm, 100, 'b')).toEqual(served(100))
  const { facts, mismatches } = await prove(100)
  expect(mismatches).toEqual([])
  expect(facts).toMatchObject({
    requestsAtServer: 100,
    kubeProxyReplacement: true,
    routing: 'Tunnel',
    strangerRefused: true,
  })
})
