import { once } from 'node:events'
import { readdir, stat, symlink } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { expect } from 'vitest'
import { bundleProgram } from '../../bundle.ts'
import type { EnrolledArm, MeshInstallation, MeshSettings } from '../../mesh.ts'
import type { Pod } from '../../provider.ts'
import { local } from '../../providers/local.ts'
import { test as base, deployEcho, enrolled } from '../../testing.ts'
import { streamReceiver } from '../../workloads/stream-receiver.ts'
import { segmentHeader } from '../../workloads/stream-wire.ts'
import { envoyAt, findEnvoy } from './binary.ts'
import { envoy } from './mesh.ts'
import { envoySettings } from './settings.ts'

interface Arm {
  server: Pod
  installation: MeshInstallation
  enrolled: EnrolledArm
}

const test = base.extend('arm', async ({ cluster, skip }, { onCleanup }): Promise<Arm> => {
  const { availability } = await envoy.prepare(() => {}, local.traits)
  if (!availability.available) skip(`${availability.reason}; ${availability.remedy}`)
  const installation = await envoy.install(cluster, 'sidecar')
  onCleanup(() => installation[Symbol.asyncDispose]())
  const server = await deployEcho(cluster, 'arm')
  return { server, installation, enrolled: await enrolled(installation, server) }
})

/** Sends GETs over a few kept connections; answers their statuses. */
async function send(target: URL, count: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  try {
    return await Promise.all(Array.from({ length: count }, () => status(target, agent)))
  } finally {
    agent.destroy()
  }
}

function status(target: URL, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(target, { agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    }).on('error', reject)
  })
}

const appOf = (server: Pod) => new URL(`http://${server.host}:${server.ports.http}/`)

test('requests go through both sidecars and mTLS, and the evidence says so', async ({ arm }) => {
  const proof = await arm.enrolled.watch()
  expect(new Set(await send(arm.enrolled.target, 200))).toEqual(new Set([200]))
  const { summary, facts, mismatches } = await proof(200)
  expect(mismatches).toEqual([])
  expect(facts).toMatchObject({
    proxies: 2,
    requestsAtClientSidecar: 200,
    requestsAtServerSidecar: 200,
    plaintextRefused: true,
    withoutCertificateRefused: true,
  })
  expect(facts.handshakes).toBeGreaterThan(0)
  expect(facts.activeConnections).toBeGreaterThan(0)
  expect(summary).toBe(`mTLS: 200 requests over ${facts.handshakes} handshakes`)
})

test('a second trial counts its own requests, and the handshakes since the beginning', async ({ arm }) => {
  await send(arm.enrolled.target, 20)
  const proof = await arm.enrolled.watch()
  await send(arm.enrolled.target, 30)
  const { facts, mismatches } = await proof(30)
  expect(mismatches).toEqual([])
  expect(facts).toMatchObject({ requestsAtClientSidecar: 30, requestsAtServerSidecar: 30 })
})

test('requests sent past the sidecars are noticed', async ({ arm }) => {
  const proof = await arm.enrolled.watch()
  await send(appOf(arm.server), 100)
  const { mismatches } = await proof(100)
  expect(mismatches).toEqual([
    "The client's sidecar counted 0 requests where 100 were sent.",
    "The server's sidecar counted 0 requests where 100 were sent.",
    "The server's sidecar has counted no TLS handshake since the arm was enrolled.",
  ])
})

test('keys and configuration are for the user only, and gone with the mesh', async ({ arm, cluster }) => {
  const { workDir } = cluster.ref
  const folders = async () => (await readdir(workDir)).filter((name) => name.startsWith('envoy-'))
  const [name = ''] = await folders()
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777
  expect(await modeOf(join(workDir, name))).toBe(0o700)
  const files = await readdir(join(workDir, name))
  expect(files.filter((file) => file.endsWith('.key'))).toHaveLength(2)
  for (const file of files) expect(await modeOf(join(workDir, name, file)), file).toBe(0o600)
  await arm.installation[Symbol.asyncDispose]()
  expect(await folders()).toEqual([])
  expect(arm.enrolled.proxies.map((proxy) => proxy.running())).toEqual([false, false])
})

test('its state names both proxies, and tells when one is gone', async ({ arm }) => {
  expect(await arm.installation.status()).toEqual({
    mesh: 'envoy',
    installed: true,
    components: expect.arrayContaining(['arm/http-echo-envoy', 'arm/arm-client-envoy']),
    healthy: true,
  })
  await arm.enrolled.proxies[0]?.[Symbol.asyncDispose]()
  expect((await arm.installation.status()).healthy).toBe(false)
})

test('a sidecar that ends in the trial is named', async ({ arm }) => {
  const proof = await arm.enrolled.watch()
  await arm.enrolled.proxies.find((proxy) => proxy.name === 'http-echo-envoy')?.[Symbol.asyncDispose]()
  expect((await proof(0)).mismatches).toContain('The sidecar http-echo-envoy ended in the trial.')
})

test('a server that cannot be enrolled leaves no proxy behind', async ({ arm, cluster, onTestFinished }) => {
  const server = await deployEcho(cluster, 'other')
  const proxies = () => cluster.pods('other').filter((pod) => pod.role === 'proxy')
  await expect(enrolled(arm.installation, server, 'grpc')).rejects.toThrow("has no port 'grpc'; it has http")

  const occupant = createServer().listen(15006, server.host)
  onTestFinished(() => void occupant.close())
  await once(occupant, 'listening')
  const failed = enrolled(arm.installation, server)
  await expect(failed).rejects.toMatchObject({ code: 'CLUSTER_DEPLOY_FAILED' })
  await expect(failed).rejects.toThrow(/http-echo-envoy in other ended .*cannot bind/s)
  expect(proxies()).toEqual([])
})

test('bytes of a TCP stream go through both sidecars, and are counted as what they are', async ({ arm, cluster }) => {
  const { entry, ports, udpPorts = [], readinessProbe } = streamReceiver
  const file = await bundleProgram(entry, cluster.ref.workDir)
  const server = await cluster.deploy({
    name: 'stream-receiver',
    namespace: 'streams',
    role: 'app',
    program: () => ({ kind: 'node', file }),
    ...{ ports, udpPorts },
    readinessProbe: { ...readinessProbe, timeoutMs: 20_000 },
  })
  const settings: MeshSettings = { mtls: 'strict', proxyConcurrency: 1, l7Policy: false, accessLog: false }
  const port = { name: 'tcp', number: ports.tcp ?? 0 }
  const enrolment = await arm.installation.enrol({ namespace: 'streams', port, settings, traffic: 'tcp' })
  await using streams = await enrolment.arm(server)
  const prove = await streams.watch()
  const bytes = Buffer.alloc(1_000_000)
  bytes.writeUInt32LE(segmentHeader.magic, segmentHeader.offset.magic)
  bytes.writeUInt32LE(5, segmentHeader.offset.load)
  const socket = connect({ host: streams.target.hostname, port: Number(streams.target.port) })
  socket.end(bytes)
  await once(socket.resume(), 'close')
  expect(JSON.parse((await server.get('http', '/streams/5')).body).tcp).toMatchObject({ connections: 1, bytes: 1e6 })
  const { summary, mismatches } = await prove(1_000_000)
  expect(mismatches).toEqual([])
  expect(summary).toMatch(/^mTLS: 1,000,000 bytes over \d handshakes$/)
})

test('what it does not carry it says', () => {
  expect(envoy.refuses?.('udp', 'sidecar', envoySettings.parse({}))).toContain('takes TCP')
  expect(envoy.refuses?.('tcp', 'sidecar', envoySettings.parse({ l7Policy: true }))).toContain('HTTP requests')
  expect(envoy.refuses?.('tcp', 'sidecar', envoySettings.parse({ l7Policy: false }))).toBeNull()
  expect(envoy.refuses?.('http', 'sidecar', envoySettings.parse({ l7Policy: true }))).toBeNull()
})

test('an arm can have another Envoy than the one that is found, and says which', async ({
  cluster,
  arm: { installation },
}) => {
  const { found } = await findEnvoy()
  const link = join(cluster.ref.workDir, 'other-envoy')
  await symlink(found?.file ?? '', link)
  const server = await deployEcho(cluster, 'other')
  const own = envoySettings.parse({ binary: link })
  const other = await enrolled(installation, server, 'http', own)
  const judge = await other.watch()
  await send(other.target, 20)
  expect(await judge(20)).toMatchObject({ facts: { envoyVersion: found?.version }, mismatches: [] })
  const text = join(import.meta.dirname, 'mesh.ts')
  await expect(envoyAt(text)).rejects.toThrow(/^binary: .*mesh\.ts is no file that can be executed$/)
})
