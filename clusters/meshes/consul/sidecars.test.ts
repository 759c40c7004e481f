import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, type TestContext, test } from 'vitest'
import { snapshot } from '../../kubernetes/testing-snapshot.ts'
import { type EnrolledArm, hasControlPlane, type MeshInstallation, type MeshSettings } from '../../mesh.ts'
import type { Cluster, Pod, PodTreatment } from '../../provider.ts'
import { kind } from '../../providers/kind.ts'
import { deployEcho } from '../../testing.ts'
import { sharedCluster } from '../../testing-kind.ts'
import { consul } from './mesh.ts'
import { ConsulSidecars } from './sidecars.ts'

const shared = sharedCluster('test-consul')
let missing: string | null = null

beforeAll(async () => {
  const here = await consul.available(kind.traits)
  if (!here.available) missing = `${here.reason}; ${here.remedy}`
})

function needsImage(context: Pick<TestContext, 'skip'>): void {
  shared.needed(context)
  if (missing !== null) context.skip(missing)
}

async function armOf(
  cluster: Cluster,
  installation: MeshInstallation,
  namespace: string,
  given: MeshSettings = {},
): Promise<EnrolledArm & { server: Pod }> {
  const settings = consul.settings.parse(given)
  const enrolment = await installation.enrol({ namespace, port: { name: 'http', number: 8080 }, settings })
  const server = await deployEcho(cluster, namespace, {}, enrolment.server)
  return { ...(await enrolment.arm(server)), server }
}

/** Sends requests at once, without a second try, and writes each status. */
const client = `import { text } from 'node:stream/consumers'
const { url, count, method } = JSON.parse(await text(process.stdin))
for (let n = 0; n < count; n++) console.log((await fetch(url, { method })).status)`

/** Sends requests from pods in the cluster, as many pods as copies; answers the statuses. */
async function send(
  cluster: Cluster,
  namespace: string,
  treatment: PodTreatment,
  url: URL,
  count: number,
  { method = 'GET', copies = 1 } = {},
): Promise<number[]> {
  const file = join(cluster.ref.workDir, 'client.mjs')
  await writeFile(file, client)
  const statuses: number[] = []
  await cluster.run({
    name: 'client',
    namespace,
    program: { kind: 'node', file },
    input: Array(copies).fill(JSON.stringify({ url, count, method })),
    timeoutMs: 60_000,
    treatment,
    onLine: (line) => statuses.push(Number(line)),
  })
  return statuses
}

test('two arms with other settings, a load from several pods, one past the sidecars; nothing is left', async (context) => {
  needsImage(context)
  const { kube } = shared.cluster
  const before = await snapshot(kube)
  await using cluster = await kind.connect(shared.ref)
  // As a run that was interrupted leaves it.
  await consul.install(cluster, 'sidecar')
  await using installation = await consul.install(cluster, 'sidecar')
  const [plain, withPolicy] = await Promise.all([
    armOf(cluster, installation, 'plain'),
    armOf(cluster, installation, 'with-policy', {
      l7Policy: true,
      accessLog: true,
      proxyConcurrency: 2,
      proxyCpuMillicores: 50,
    }),
  ])
  expect(await installation.status()).toEqual({
    mesh: 'consul',
    installed: true,
    components: expect.arrayContaining(['test-consul-consul/agent', 'plain/http-echo', 'with-policy/http-echo']),
    healthy: true,
  })
  expect(plain.server.sidecars).toEqual(['consul'])
  const [agent] = hasControlPlane(installation) ? await installation.controlPlane() : []
  const { cpuMs, memoryBytes } = (await agent?.usage()) ?? {}
  expect(cpuMs).toBeGreaterThan(0)
  expect(memoryBytes).toBeGreaterThan(10 << 20)

  const ok = (count: number) => Array(count).fill(200)
  const proofs = await Promise.all([plain.watch(), withPolicy.watch()])
  const sent = await Promise.all([
    send(cluster, 'plain', plain.client, plain.target, 200),
    send(cluster, 'with-policy', withPolicy.client, withPolicy.target, 100, { copies: 2 }),
  ])
  expect(sent).toEqual([ok(200), ok(200)])
  for (const proof of proofs) {
    const { summary, facts, mismatches } = await proof(200)
    expect(mismatches).toEqual([])
    expect(facts).toMatchObject({
      requestsAtServerSidecar: 200,
      requestsAllowedByPolicy: 200,
      plaintextRefused: true,
      withoutCertificateRefused: true,
      strangerRefused: true,
    })
    expect(summary).toMatch(/^mTLS: 200 requests over \d+ handshakes$/)
  }
  expect(await send(cluster, 'with-policy', withPolicy.client, withPolicy.target, 1, { method: 'DELETE' })).toEqual([
    403,
  ])
  expect(await send(cluster, 'plain', plain.client, plain.target, 1, { method: 'DELETE' })).not.toEqual([403])

  const past = await plain.watch()
  const host = plain.server.endpoints['pod-ip']?.host
  expect(await send(cluster, 'plain', {}, new URL(`http://${host}:8080/`), 20)).toEqual(ok(20))
  expect((await past(20)).mismatches).toEqual([
    "The server's sidecar counted 0 requests where 20 were sent.",
    'The policy counted 0 requests where 20 were sent.',
  ])

  await plain.server[Symbol.asyncDispose]()
  await withPolicy.server[Symbol.asyncDispose]()
  for (const arm of [plain, withPolicy]) await arm[Symbol.asyncDispose]()
  await installation[Symbol.asyncDispose]()
  await installation[Symbol.asyncDispose]()
  expect(await installation.status()).toMatchObject({ installed: false, components: [], healthy: false })
  await cluster[Symbol.asyncDispose]()
  expect(await snapshot(kube)).toEqual(before)
})

test('an agent that does not turn healthy is reported with its events, and nothing is left of it', async (context) => {
  needsImage(context)
  const before = await snapshot(shared.cluster.kube)
  const failed = ConsulSidecars.create(shared.cluster, 'meshmark/consul:none', 5000)
  await expect(failed).rejects.toMatchObject({ code: 'CLUSTER_MESH_FAILED' })
  await expect(failed).rejects.toThrow(
    /^Consul did not turn healthy: .*consul: 0 of 1 pods ready.*meshmark\/consul:none/s,
  )
  expect(await snapshot(shared.cluster.kube)).toEqual(before)
})
