import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, type TestContext, test, vi } from 'vitest'
import { remove } from '../../kubernetes/apply.ts'
import { readLog } from '../../kubernetes/logs.ts'
import { deleteNamespace } from '../../kubernetes/namespace.ts'
import { snapshot } from '../../kubernetes/testing-snapshot.ts'
import type { Enrolment, MeshInstallation, TreatmentEvidence } from '../../mesh.ts'
import { kind } from '../../providers/kind.ts'
import { deployEcho } from '../../testing.ts'
import { sharedCluster } from '../../testing-kind.ts'
import { markNamespace, marksOn, unmarkNamespace } from '../namespaces.ts'
import { enrolSidecars } from './enrol.ts'
import { IstioInstallation } from './installation.ts'
import { istio } from './mesh.ts'
import { releaseFor } from './release.ts'
import { sidecarMark } from './sidecar.ts'

const shared = sharedCluster('test-istio')
const port = { name: 'http', number: 8080 }
let before: string[]
let installation: MeshInstallation

beforeAll(async () => {
  if (shared.cluster) before = await snapshot(shared.cluster.kube)
}, 60_000)

async function needsIstio(context: Pick<TestContext, 'skip'>): Promise<void> {
  shared.needed(context)
  const here = await istio.available(kind.traits)
  if (!here.available) context.skip(`${here.reason}; ${here.remedy}`)
}

const enrol = (namespace: string, settings: Record<string, unknown> = {}): Promise<Enrolment> =>
  installation.enrol({ namespace, port, settings: istio.settings.parse(settings) })

const requests = 300
/** Sends requests over a few kept connections; writes how many were answered with 200. */
const client = `import { Agent, get } from 'node:http'
import { connect } from 'node:net'
// A service that has just been made is refused until its rules have come to this node.
const { hostname, port } = new URL(process.env.TARGET)
const reached = () => new Promise((resolve) => {
  const socket = connect(Number(port), hostname, () => resolve(socket.destroy()))
  socket.on('error', () => setTimeout(() => reached().then(resolve), 100))
})
await reached()
const agent = new Agent({ keepAlive: true, maxSockets: 4 })
const one = () => new Promise((resolve) => {
  get(process.env.TARGET, { agent }, (r) => r.resume().on('end', () => resolve(r.statusCode))).on('error', () => resolve(0))
})
const all = await Promise.all(Array.from({ length: ${requests} }, one))
console.log(all.filter((status) => status === 200).length)
agent.destroy()`

/** A trial: requests from a job to a server that was just deployed, and what proves their way. */
async function trial(
  namespace: string,
  { server: treatment, arm }: Enrolment,
): Promise<TreatmentEvidence & { answered: number }> {
  const { cluster, ref } = shared
  const server = await deployEcho(cluster, namespace, {}, treatment)
  await using enrolled = await arm(server)
  const file = join(ref.workDir, 'client.mjs')
  await writeFile(file, client)
  const prove = await enrolled.watch()
  let answered = 0
  await cluster.run({
    name: 'load',
    namespace,
    program: { kind: 'node', file },
    env: { TARGET: enrolled.target.href },
    input: '',
    timeoutMs: 60_000,
    onLine: (line) => {
      answered = Number(line)
    },
    treatment: enrolled.client,
  })
  return { ...(await prove(requests)), answered }
}

test('an installation of somebody else is left alone', async (context) => {
  await needsIstio(context)
  const { cluster } = shared
  const { core } = cluster.kube
  await core.createNamespace({ body: { metadata: { name: 'istio-system' } } })
  const refused = istio.install(cluster, 'sidecar')
  await expect(refused).rejects.toMatchObject({ code: 'CLUSTER_MESH_FAILED' })
  await expect(refused).rejects.toThrow(
    'istio was not installed: Namespace istio-system exists, and is not ours; one cluster takes one istio',
  )
  expect((await core.readNamespace({ name: 'istio-system' })).metadata?.labels).not.toHaveProperty('meshmark.dev/run')
  await deleteNamespace(cluster.kube, 'istio-system')
  expect(await snapshot(cluster.kube)).toEqual(before)
})

test('one that does not turn ready is told with events, and nothing of it stays', async (context) => {
  await needsIstio(context)
  const { cluster } = shared
  const release = { ...releaseFor(kind.traits, 'sidecar'), tag: 'no-such-tag' }
  const failed = IstioInstallation.create(cluster, 'sidecar', release, enrolSidecars, 6000)
  await expect(failed).rejects.toMatchObject({ code: 'CLUSTER_MESH_FAILED' })
  await expect(failed).rejects.toThrow(
    /^istio could not be installed: not ready in istio-system after [\d.]+ s:\n {4}istiod: 0 of 1 pods ready\n {2}events:\n.*Fail.*pilot:no-such-tag/s,
  )
  expect(await snapshot(cluster.kube)).toEqual(before)
})

test('it is installed over what an interrupted installation of the run left', async (context) => {
  await needsIstio(context)
  const { cluster } = shared
  await istio.install(cluster, 'sidecar')
  const half = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'istiod', namespace: 'istio-system', labels: {} },
  }
  await remove(cluster.kube, half)
  installation = await istio.install(cluster, 'sidecar')
  expect(await installation.status()).toEqual({
    mesh: 'istio',
    installed: true,
    components: ['istio-system/istiod'],
    healthy: true,
  })
})

test('load from a job goes through both proxies and mTLS, and the evidence says so', async (context) => {
  await needsIstio(context)
  const { cluster } = shared
  const enrolment = await enrol('strict', { l7Policy: true, proxyConcurrency: 2, proxyCpuMillicores: 150 })
  const { answered, summary, facts, mismatches } = await trial('strict', enrolment)
  expect(mismatches).toEqual([])
  expect(answered).toBe(requests)
  expect(facts).toMatchObject({
    serverProxy: true,
    clientsSeen: 1,
    clientsWithProxy: 1,
    requestsAtServerProxy: requests,
    requestsAllowedByPolicy: requests,
    plaintextRefused: true,
    proxyThreads: 2,
    retries: 0,
  })
  expect(facts.connectionsSecured).toBe(facts.connections)
  expect(summary).toBe(`mTLS: 300 requests over ${facts.handshakes} handshakes`)
  const { components, healthy } = await installation.status()
  expect(components).toContainEqual(expect.stringMatching(/^strict\/http-echo-/))
  expect(healthy).toBe(true)
  const [pod] = (await cluster.kube.core.listNamespacedPod({ namespace: 'strict' })).items
  const proxy = pod?.spec?.initContainers?.find(({ name }) => name === 'istio-proxy')
  expect(proxy).toMatchObject({
    restartPolicy: 'Always',
    resources: { requests: { cpu: '150m', memory: '134217728' } },
  })
  expect(proxy?.resources?.limits).toBeUndefined()
})

test('plain text is answered where it may be, and only used where it is to be', async (context) => {
  await needsIstio(context)
  const { cluster } = shared
  const arms = [
    ['permissive', { mtls: 'permissive' }],
    ['off', { mtls: 'off', accessLog: true }],
  ] as const
  const [permissive, off] = await Promise.all(
    arms.map(async ([namespace, settings]) => trial(namespace, await enrol(namespace, settings))),
  )
  for (const { mismatches, facts } of [permissive, off] as TreatmentEvidence[]) {
    expect(mismatches).toEqual([])
    expect(facts).toMatchObject({ requestsAtServerProxy: requests, plaintextRefused: false })
  }
  expect(permissive?.facts.connectionsSecured).toBe(permissive?.facts.connections)
  expect(off?.facts).toMatchObject({ connectionsSecured: 0, handshakes: 0 })
  const [pod] = (await cluster.kube.core.listNamespacedPod({ namespace: 'off' })).items
  const at = { namespace: 'off', pod: pod?.metadata?.name ?? '', container: 'istio-proxy' }
  const logged = async () =>
    (await readLog(cluster.kube, at)).split('\n').filter((line) => line.includes('"GET / HTTP/1.1" 200'))
  // That from outside is one more. Envoy writes its log now and then.
  await vi.waitFor(async () => expect(await logged()).toHaveLength(requests + 1), { timeout: 20_000, interval: 500 })
})

test('pods that got no proxy are noticed', async (context) => {
  await needsIstio(context)
  const { cluster } = shared
  const enrolment = await enrol('planted')
  await unmarkNamespace(cluster.kube, 'planted', sidecarMark)
  const { answered, facts, mismatches } = await trial('planted', enrolment)
  expect(answered).toBe(requests)
  expect(facts).toMatchObject({ serverProxy: false, clientsWithProxy: 0, plaintextRefused: false })
  expect(mismatches).toEqual([
    "The server's pod has no istio-proxy.",
    '1 of 1 pods of the load had no istio-proxy.',
    'The namespace was taken out of the mesh: it no longer bears istio-injection=enabled.',
    'The server answered plain text from outside the mesh with status 200 where it had to be refused.',
  ])
})

test('what cannot be had is refused before anything runs', async (context) => {
  await needsIstio(context)
  const { cluster } = shared
  await expect(enrol('metrics', { telemetry: true })).rejects.toThrow(
    /settings\.telemetry: received true; these proxies/,
  )
  const namespace = await cluster.namespace('canary')
  await markNamespace(cluster.kube, 'istio', namespace, { labels: { 'istio.io/rev': 'canary' } })
  const refused = enrol('canary')
  await expect(refused).rejects.toMatchObject({ code: 'CLUSTER_MESH_FAILED' })
  await expect(refused).rejects.toThrow('it is in another mesh or revision already (istio.io/rev=canary)')
  await expect(istio.install(cluster, 'ambient')).rejects.toThrow('this run has its mode sidecar already')
})

test('uninstalled, it leaves nothing in the cluster', async (context) => {
  await needsIstio(context)
  const { cluster } = shared
  await installation[Symbol.asyncDispose]()
  const left = (await snapshot(cluster.kube)).filter((one) => !before.includes(one))
  expect(left.filter((one) => /istio/.test(one))).toEqual([])
  const namespaces = await Promise.all(
    ['strict', 'permissive', 'off'].map((name) => cluster.kube.core.readNamespace({ name })),
  )
  expect(namespaces.flatMap(marksOn)).toEqual([])
  expect((await installation.status()).installed).toBe(false)
  await cluster[Symbol.asyncDispose]()
  expect(await snapshot(cluster.kube)).toEqual(before)
})
