import { chmod, readdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import type { z } from 'zod'
import { runVariable } from '../../local/label.ts'
import { processesWith } from '../../local/process-table.ts'
import { type EnrolledArm, hasControlPlane, type MeshInstallation, type MeshSettings } from '../../mesh.ts'
import type { Cluster, Pod } from '../../provider.ts'
import { kubeconfig } from '../../providers/kubeconfig.ts'
import { local } from '../../providers/local.ts'
import { wrongFields } from '../../settings.ts'
import { test as base, deployEcho, enrolled } from '../../testing.ts'
import { consul } from './mesh.ts'
import { ConsulProcesses } from './processes.ts'

// An agent and several pairs of sidecars start in each.
vi.setConfig({ testTimeout: 90_000 })

interface Arm {
  server: Pod
  enrolled: EnrolledArm
}

const test = base.extend('installation', async ({ cluster, skip }, { onCleanup }): Promise<MeshInstallation> => {
  const here = await consul.available(local.traits)
  if (!here.available) skip(`${here.reason}; ${here.remedy}`)
  const installation = await consul.install(cluster, 'sidecar')
  onCleanup(() => installation[Symbol.asyncDispose]())
  return installation
})

async function armOf(
  cluster: Cluster,
  installation: MeshInstallation,
  namespace: string,
  given: MeshSettings = {},
): Promise<Arm> {
  const server = await deployEcho(cluster, namespace)
  return { server, enrolled: await enrolled(installation, server, 'http', consul.settings.parse(given)) }
}

/** Sends requests one after the other, each on a connection of its own; answers their statuses. */
async function send(target: URL, count: number, method = 'GET'): Promise<number[]> {
  const statuses: number[] = []
  for (let n = 0; n < count; n++)
    statuses.push(
      await new Promise((resolve, reject) => {
        request(target, { method, agent: false }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode ?? 0))
        })
          .on('error', reject)
          .end()
      }),
    )
  return statuses
}

const appOf = (server: Pod) => new URL(`http://${server.host}:${server.ports.http}/`)

/** What is left of a mesh in the run's folder, and the processes of the run that are Consul's or Envoy's. */
async function traces({ ref }: Cluster): Promise<string[]> {
  const folders = (await readdir(ref.workDir)).filter((name) => name.startsWith('consul-'))
  return [...folders, ...processesWith(`${runVariable}=${ref.runId}:`).map(({ pid }) => `process ${pid}`)]
}

test('requests go through both sidecars, mTLS and the intention, and the evidence says so', async ({
  cluster,
  installation,
}) => {
  const arm = await armOf(cluster, installation, 'arm')
  await send(arm.enrolled.target, 10)
  const proof = await arm.enrolled.watch()
  expect(new Set(await send(arm.enrolled.target, 100))).toEqual(new Set([200]))
  const { summary, facts, mismatches } = await proof(100)
  expect(mismatches).toEqual([])
  expect(facts).toMatchObject({
    proxies: 2,
    requestsAtClientSidecar: 100,
    requestsAtServerSidecar: 100,
    requestsAllowedByPolicy: 100,
    plaintextRefused: true,
    withoutCertificateRefused: true,
    strangerRefused: true,
  })
  expect(facts.handshakes).toBeGreaterThan(0)
  expect(summary).toBe(`mTLS: 100 requests over ${facts.handshakes} handshakes`)

  const past = await arm.enrolled.watch()
  await send(appOf(arm.server), 50)
  const { facts: later, mismatches: missed } = await past(50)
  // The evidence's own connections are not among them.
  expect(later.handshakes).toBe(facts.handshakes)
  expect(missed).toEqual([
    "The client's sidecar counted 0 requests where 50 were sent.",
    "The server's sidecar counted 0 requests where 50 were sent.",
    'The policy counted 0 requests where 50 were sent.',
  ])
})

test('arms with other settings are in it at the same time', async ({ cluster, installation }) => {
  const [plain, withPolicy] = await Promise.all([
    armOf(cluster, installation, 'plain'),
    armOf(cluster, installation, 'with-policy', { l7Policy: true, accessLog: true, proxyConcurrency: 2 }),
  ])
  const proofs = await Promise.all([plain, withPolicy].map((arm) => arm.enrolled.watch()))
  await Promise.all([send(plain.enrolled.target, 40), send(withPolicy.enrolled.target, 30)])
  const [ofPlain, ofTold] = await Promise.all([proofs[0]?.(40), proofs[1]?.(30)])
  expect([...(ofPlain?.mismatches ?? ['']), ...(ofTold?.mismatches ?? [''])]).toEqual([])

  // Without a policy on the method, what the server says to it is answered.
  expect(await send(plain.enrolled.target, 1, 'DELETE')).not.toEqual([403])
  expect(await send(withPolicy.enrolled.target, 1, 'DELETE')).toEqual([403])
  const about = ({ enrolled: { proxies } }: Arm) =>
    Promise.all(
      proxies.map(async (proxy) => {
        const { body } = await proxy.get('admin', '/stats?filter=^server.concurrency$')
        return { threads: body.trim(), logged: /"response_code":200/.test(await proxy.logs()) }
      }),
    )
  // Envoy writes its log every second or so.
  await expect
    .poll(() => about(withPolicy), { timeout: 5000 })
    .toEqual(Array(2).fill({ threads: 'server.concurrency: 2', logged: true }))
  expect(await about(plain)).toEqual(Array(2).fill({ threads: 'server.concurrency: 1', logged: false }))
})

test('its state names its parts and tells when one is gone; nothing is left of it', async ({
  cluster,
  installation,
}) => {
  const { enrolled: arm } = await armOf(cluster, installation, 'arm')
  expect(await installation.status()).toEqual({
    mesh: 'consul',
    installed: true,
    components: expect.arrayContaining(['consul/agent', 'arm/http-echo-consul', 'arm/arm-client-consul']),
    healthy: true,
  })
  const [agentUse] = hasControlPlane(installation) ? await installation.controlPlane() : []
  expect(agentUse?.name).toBe('consul/agent')
  expect((await agentUse?.usage())?.memoryBytes).toBeGreaterThan(10 << 20)

  const proof = await arm.watch()
  await arm.proxies.find(({ name }) => name === 'http-echo-consul')?.[Symbol.asyncDispose]()
  expect((await proof(0)).mismatches).toContain('The sidecar http-echo-consul ended in the trial.')
  expect((await installation.status()).healthy).toBe(false)

  await arm[Symbol.asyncDispose]()
  const agent = cluster.pods('consul')[0]
  expect(JSON.parse((await agent?.get('http', '/v1/agent/services'))?.body ?? '')).toEqual({})
  for (const kind of ['service-defaults', 'service-resolver', 'service-intentions'])
    expect(JSON.parse((await agent?.get('http', `/v1/config/${kind}`))?.body ?? '')).toEqual([])
  await cluster
    .pods('arm')
    .find(({ name }) => name === 'http-echo')
    ?.[Symbol.asyncDispose]()

  // Once more in the same place, as if nothing had been.
  const again = await armOf(cluster, installation, 'arm')
  expect(await send(again.enrolled.target, 1)).toEqual([200])
  await again.server[Symbol.asyncDispose]()
  await installation[Symbol.asyncDispose]()
  await installation[Symbol.asyncDispose]()
  expect(await installation.status()).toMatchObject({ installed: false, healthy: false })
  expect(await traces(cluster)).toEqual([])
})

test('a namespace of another mesh, and a server without the port, are refused; two agents do not meet', async ({
  cluster,
  installation,
}) => {
  const { server } = await armOf(cluster, installation, 'arm')
  await using second = await consul.install(cluster, 'sidecar')
  await expect(enrolled(second, server, 'http', consul.settings.parse({}))).rejects.toThrow(
    /^arm is in a mesh already: .*http-echo-consul/,
  )
  const other = await deployEcho(cluster, 'other')
  await expect(enrolled(second, other, 'grpc')).rejects.toThrow("has no port 'grpc'; it has http")
  expect(cluster.pods('other').map(({ name }) => name)).toEqual(['http-echo'])
  const { target } = await enrolled(second, other, 'http', consul.settings.parse({}))
  expect(await send(target, 1)).toEqual([200])
})

base(
  'an agent that does not turn healthy is told of with its last lines, and nothing is left of it',
  async ({ cluster }) => {
    const fake = async (name: string, ending: string) => {
      const file = join(cluster.ref.workDir, name)
      await writeFile(file, `#!/bin/sh\necho 'no leader'\n${ending}\n`)
      await chmod(file, 0o700)
      return { consul: { file, version: '0' }, envoy: { file, version: '0' } }
    }
    const stuck = ConsulProcesses.create(cluster, await fake('stuck', 'sleep 60'), 1000)
    await expect(stuck).rejects.toMatchObject({ code: 'CLUSTER_MESH_FAILED' })
    await expect(stuck).rejects.toThrow(
      /^Consul did not turn healthy: .*GET .*\/ca\/roots should return 200.*no leader/s,
    )
    const broken = ConsulProcesses.create(cluster, await fake('broken', 'exit 3'))
    await expect(broken).rejects.toMatchObject({ code: 'CLUSTER_MESH_FAILED' })
    await expect(broken).rejects.toThrow(/exit code 3.*no leader/s)
    expect(await traces(cluster)).toEqual([])
  },
)

base('settings it does not have, and where it cannot run, are named', async () => {
  const input = { mtls: 'permissive', proxyConcurrency: 0, retries: 3 }
  const wrong = consul.settings.safeParse(input, { reportInput: true })
  const problems = wrongFields(wrong.error as z.ZodError, 'consul', input)
  expect(problems).toContain('mtls: received "permissive"; strict:')
  expect(problems).toContain('proxyConcurrency: received 0;')
  expect(problems).toContain('retries: no such setting; one of: mtls, proxyConcurrency,')
  expect(await consul.available(kubeconfig.traits)).toEqual({
    available: false,
    reason: expect.stringContaining('no registry has the image'),
    remedy: 'run it with --cluster kind or --cluster local',
  })
})
