import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EnrolledArm, Enrolment, Membership, MeshInstallation, MeshStatus, Traffic } from '../../mesh.ts'
import type { Cluster, Endpoint, Pod, Program } from '../../provider.ts'
import { type Authority, createAuthority, workloadUri } from '../certificates.ts'
import { refuseOtherMesh } from '../other-mesh.ts'
import { podUrl } from '../pod-url.ts'
import { type Socket, socketOf } from '../socket.ts'
import { type EnvoyBinary, envoyAt } from './binary.ts'
import { clientSidecar, type IdentityFiles, serverSidecar } from './config.ts'
import { watchSidecars } from './evidence.ts'
import { ports } from './ports.ts'
import type { EnvoySettings } from './settings.ts'

const readyTimeoutMs = 30_000

/** What a proxy is, and how many threads it has. */
interface Proxy {
  threads: number
  binary: EnvoyBinary
}

/** Envoys that are processes beside client and server, under one certificate authority. */
export class EnvoyProcesses implements MeshInstallation<EnvoySettings> {
  readonly #cluster: Cluster
  readonly #binary: EnvoyBinary
  readonly #authority: Authority
  /** Keys and configuration; in the run's folder, readable by its user only. */
  readonly #folder: string
  readonly #proxies = new Set<Pod>()

  private constructor(cluster: Cluster, binary: EnvoyBinary, authority: Authority, folder: string) {
    this.#cluster = cluster
    this.#binary = binary
    this.#authority = authority
    this.#folder = folder
  }

  static async create(cluster: Cluster, binary: EnvoyBinary): Promise<EnvoyProcesses> {
    const [authority, folder] = await Promise.all([createAuthority(), mkdtemp(join(cluster.ref.workDir, 'envoy-'))])
    return new EnvoyProcesses(cluster, binary, authority, folder)
  }

  async status(): Promise<MeshStatus> {
    const proxies = [...this.#proxies]
    return {
      mesh: 'envoy',
      installed: true,
      components: proxies.map((proxy) => `${proxy.namespace}/${proxy.name}`),
      healthy: proxies.every((proxy) => proxy.running()),
    }
  }

  async enrol({ namespace, port, settings, traffic }: Membership<EnvoySettings>): Promise<Enrolment> {
    refuseOtherMesh(this.#cluster, namespace)
    const binary = settings.binary === undefined ? this.#binary : await envoyAt(settings.binary)
    return { server: {}, arm: (server) => this.#arm(server, port.name, settings, binary, traffic) }
  }

  async #arm(
    server: Pod,
    port: string,
    settings: EnvoySettings,
    binary: EnvoyBinary,
    traffic?: Traffic,
  ): Promise<EnrolledArm> {
    const { namespace } = server
    const app = podUrl(server, port)
    const names = { client: `${namespace}-client-envoy`, server: `${server.name}-envoy` }
    const uris = { client: workloadUri(namespace, 'client'), server: workloadUri(namespace, server.name) }
    const tls = async (side: 'client' | 'server', peer: string) =>
      settings.mtls === 'strict' ? { identity: await this.#issue(names[side], namespace, uris[side]), peer } : null
    // Known as soon as the server's sidecar has its place, so that both can start at the same time.
    const inbound = Promise.withResolvers<Socket>()
    const proxy = { threads: settings.proxyConcurrency, binary }
    const serverPod = this.#deploy(server, names.server, 'inbound', proxy, server, async (at) => {
      const listen = socketOf(at, 'inbound')
      inbound.resolve(listen)
      const upstream = { host: app.hostname, port: Number(app.port) }
      return serverSidecar({
        admin: socketOf(at, 'admin'),
        listen,
        upstream,
        tls: await tls('server', uris.client),
        settings,
        traffic,
      })
    })
    const clientPod = this.#deploy(server, names.client, 'outbound', proxy, undefined, async (at) => {
      const own = { admin: socketOf(at, 'admin'), listen: socketOf(at, 'outbound'), upstream: await inbound.promise }
      return clientSidecar({ ...own, tls: await tls('client', uris.server), settings, traffic })
    })
    serverPod.catch(inbound.reject)
    inbound.promise.catch(() => {})
    const [atServer, atClient] = await Promise.allSettled([serverPod, clientPod])
    if (atServer.status === 'rejected' || atClient.status === 'rejected') {
      await Promise.all([atServer, atClient].map((one) => one.status === 'fulfilled' && this.#remove(one.value)))
      throw atServer.status === 'rejected' ? atServer.reason : (atClient as PromiseRejectedResult).reason
    }
    const sidecars = { client: atClient.value, server: atServer.value }
    const proxies = [sidecars.client, sidecars.server]
    return {
      target: podUrl(sidecars.client, 'outbound'),
      proxies,
      client: {},
      watch: () => watchSidecars(sidecars, { ...settings, traffic, version: binary.version }),
      [Symbol.asyncDispose]: async () => {
        await Promise.all(proxies.map((proxy) => this.#remove(proxy)))
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#proxies].map((proxy) => this.#remove(proxy)))
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #remove(proxy: Pod): Promise<void> {
    await proxy[Symbol.asyncDispose]()
    this.#proxies.delete(proxy)
  }

  async #deploy(
    { namespace }: Pod,
    name: string,
    listener: 'inbound' | 'outbound',
    how: Proxy,
    beside: Pod | undefined,
    config: (at: Endpoint) => Promise<object>,
  ): Promise<Pod> {
    const proxy = await this.#cluster.deploy({
      name,
      namespace,
      role: 'proxy',
      ports: { [listener]: ports[listener], admin: ports.admin },
      readinessProbe: { port: 'admin', path: '/ready', timeoutMs: readyTimeoutMs },
      ...(beside ? { beside } : {}),
      program: async (at) => this.#program(name, namespace, how, await config(at)),
    })
    this.#proxies.add(proxy)
    return proxy
  }

  async #program(name: string, namespace: string, { threads, binary }: Proxy, config: object): Promise<Program> {
    const file = await this.#write(`${namespace}-${name}.json`, JSON.stringify(config, null, 2))
    // Without hot restart there is no shared memory that two Envoys could quarrel over.
    const args = ['--config-path', file, '--concurrency', String(threads), '--disable-hot-restart']
    return { kind: 'binary', file: binary.file, args: [...args, '--log-level', 'warning'], version: binary.version }
  }

  async #issue(name: string, namespace: string, uri: string): Promise<IdentityFiles> {
    const { certificate, privateKey } = await this.#authority.issue(uri)
    const base = `${namespace}-${name}`
    const files = await Promise.all([
      this.#write(`${base}.pem`, certificate),
      this.#write(`${base}.key`, privateKey),
      this.#write(`${base}-ca.pem`, this.#authority.certificate),
    ])
    return { certificate: files[0], privateKey: files[1], authority: files[2] }
  }

  async #write(name: string, text: string): Promise<string> {
    const file = join(this.#folder, name)
    await writeFile(file, text, { mode: 0o600 })
    return file
  }
}
